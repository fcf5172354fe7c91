"""A project that its owner has made their own grows: no conflicts, and what comes out passes its own checks."""

from __future__ import annotations

import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import FEATURES, git, tree
from tests.history import commit_all
from tests.template.matrix import THIS_PYTHON
from tests.template.own import replace_sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow
    from tests.template.conftest import Make, Run

# Each feature comes before and after each other one.
ORDERS = [FEATURES, FEATURES[::-1]]
ANCHOR = re.compile(r"(?m)^.*features: (begin|end).*$")
STUB = '''
def mean(values: SupportsGetItem[int, SupportsFloat | SupportsIndex]) -> float:
    """
    Average numbers.
    """
'''


def take_over(project: Path) -> None:
    """Replace the sample by a function, renew its stub, and edit every shared file beside the anchors."""
    package = project.name.replace("-", "_")
    replace_sample(project, "base")
    readme = project / "README.md"
    lines = [line for line in readme.read_text("utf-8").splitlines() if not re.search("closest|distance|sample", line)]
    readme.write_text("\n".join([*lines, ""]), encoding="utf-8")
    renew_stub(project / "python" / package / "_core/__init__.pyi")
    for path in anchored(project):
        path.write_text(ANCHOR.sub(beside, path.read_text(encoding="utf-8")), encoding="utf-8")


def renew_stub(stub: Path) -> None:
    """Write the stub of the function as `nox -s stubs` does."""
    text = stub.read_text(encoding="utf-8").replace('"closest"', '"mean"')
    imports = "from typing import Final, SupportsFloat, SupportsIndex\n\nfrom _typeshed import SupportsGetItem\n"
    text = text.replace("from typing import Final\n", imports)
    stub.write_text(re.sub(r"(?s)\ndef closest\(.*", lambda _: STUB, text), encoding="utf-8")


def anchored(project: Path) -> list[Path]:
    """Return the files with anchors."""
    return [project / name for name, content in tree(project).items() if re.search(rb"(?m)features: begin\b", content)]


def beside(anchor: re.Match[str]) -> str:
    """Write a line of the owner's above the lines of the features, or below them."""
    line = anchor[0].replace(f"features: {anchor[1]}", f"mine, at the {anchor[1]}")
    return f"{line}\n{anchor[0]}" if anchor[1] == "begin" else f"{anchor[0]}\n{line}"


@pytest.fixture
def owned(grow: Grow) -> Path:
    """A project that was taken over and released."""
    project = grow.project()
    take_over(project)
    for name in ("Cargo.toml", "pyproject.toml"):
        text = (project / name).read_text(encoding="utf-8")
        (project / name).write_text(text.replace('version = "0.1.0"', 'version = "1.2.0"', 1), encoding="utf-8")
    commit_all(project)
    return project


def own_lines(project: Path) -> list[str]:
    return sorted(line for path in anchored(project) for line in path.read_text("utf-8").splitlines() if "mine" in line)


@pytest.mark.parametrize("feature", FEATURES)
def test_adding_a_feature_to_a_project_with_a_life_gives_no_conflict(grow: Grow, owned: Path, feature: str) -> None:
    before = own_lines(owned)
    stub = (owned / "python/price_tools/_core/__init__.pyi").read_bytes()
    grow("add", feature, cwd=owned)
    assert own_lines(owned) == before
    assert not list(owned.rglob("*distance*"))
    commit_all(owned)
    grow("remove", feature, cwd=owned)
    assert (owned / "python/price_tools/_core/__init__.pyi").read_bytes() == stub


def test_the_order_of_adding_makes_no_difference(grow: Grow, owned: Path, tmp_path: Path) -> None:
    results = []
    for number, order in enumerate([[",".join(FEATURES)], *ORDERS]):
        project = tmp_path / str(number)
        git("clone", "--quiet", str(owned), str(project), cwd=tmp_path)
        for feature in order:
            grow("add", feature, cwd=project)
            commit_all(project)
        results.append(tree(project))
    assert results[1] == results[0]
    assert results[2] == results[0]


@pytest.fixture
def grown(make: Make, run: Run, nox: Run, tmp_path: Path) -> Path:
    """A project that was taken over, with every feature added to it one by one."""
    project = tmp_path / "grown"
    shutil.copytree(make((), "grown", git=True), project)
    take_over(project)
    nox("stubs", folder=project)
    commit_all(project)
    for feature in FEATURES[::-1]:
        run(sys.executable, "-m", "scaffolder", "add", feature, folder=project)
        commit_all(project)
    return project


@pytest.mark.slow
@pytest.mark.exclusive("stubs")
def test_a_project_that_grew_passes_its_checks(grown: Path, nox: Run) -> None:
    nox("lint", folder=grown)
    nox("test", "--force-python", THIS_PYTHON, folder=grown)
