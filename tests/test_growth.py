"""A new skill, with a tool, examples and features, joins by its own files and its lines in `copier.yml`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from docs import bump
from tests.conftest import CHECKOUT, IDENTITY, git
from tests.history import offer_feature

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

SKILL = "pyo3-tides"
TOOL = "tide_reader"
# With those that there are they make 25 and more; the skill explains the first one.
NEW_FEATURES = [f"extra{number:02}" for number in range(1, 21)]
EXAMPLES = {"01-tide-table": "Read a table of tides", "02-moon-phase": "Say which phase the moon is in"}
GUIDE = f"""---
name: {SKILL}
description: Read tables of tides from Python. Use for tides and moons.
license: MIT OR Apache-2.0
metadata:
  features: {NEW_FEATURES[0]}
---

# PyO3 tides

For PyO3 SERIES. [Reference](references/REFERENCE.md), [examples](examples/README.md).
"""
PROGRAM = '''"""Read a table of tides."""

from scaffolder import toolkit

app = toolkit.program("Read a table of tides.")


@app.command()
def tide_reader(as_data: toolkit.AsData = False, verbose: toolkit.Verbose = False) -> None:
    """Read a table of tides."""
    toolkit.show(toolkit.Result("tide_reader", "high water"), as_data=as_data, verbose=verbose)
'''
MANIFEST = """[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib", "rlib"]

[dependencies]
pyo3 = {{ version = "{series}", features = ["abi3-py310"] }}
"""


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def example(name: str, purpose: str, series: str) -> dict[str, str]:
    project = name[3:]
    return {
        "Cargo.toml": MANIFEST.format(name=project, series=series),
        "pyproject.toml": f'[project]\nname = "{project}"\nversion = "0.1.0"\ndescription = "{purpose}"\n',
        "README.md": f"# {project}\n\n{purpose}.\n\n```console\nuv run pytest\ncargo test\n```\n",
        "src/lib.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    fn it_works() {}\n}\n",
        f"tests/test_{project.replace('-', '_')}.py": "def test_it() -> None:\n    assert True\n",
        ".gitignore": "/target/\n",
    }


def add_skill(repository: Path) -> None:
    """Write what CONTRIBUTING.md asks for, and nothing else."""
    series = bump.supported_series(repository)[0]
    script = (CHECKOUT / "skills/pyo3-fundamentals/scripts/debugger.py").read_text(encoding="utf-8")
    script = re.sub(r'""".*"""', '"""Read a table of tides."""', script).replace("debugger", TOOL)
    folder = repository / "skills" / SKILL
    write(folder, {
        "SKILL.md": GUIDE.replace("SERIES", series),
        "references/REFERENCE.md": f"# Reference\n\nFor PyO3 {series}.\n\n- [moons](moons.md)\n",
        "references/moons.md": "# Moons\n\nThere is one.\n",
        "examples/README.md": "# Examples\n\n<!-- [[[cog examples()]]] -->\n<!-- [[[end]]] -->\n",
        f"scripts/{TOOL}.py": script,
        "Cargo.toml": '[workspace]\nmembers = ["examples/*"]\nresolver = "3"\n',
    })  # fmt: skip
    for name, purpose in EXAMPLES.items():
        write(folder / "examples" / name, example(name, purpose, series))
    write(repository / "scaffolder/tools" / TOOL, {"__init__.py": "", "app.py": PROGRAM})
    write(repository / "tests/tools" / TOOL, {
        "__init__.py": "",
        f"test_{TOOL}.py": "def test_tides() -> None:\n    assert True\n",
    })  # fmt: skip


def run(repository: Path, *command: str) -> str:
    """Run a Python module of the copy."""
    unwanted = ("GIT_", "PYTEST_", "PYO3_", "COPIER_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    environment |= {"PYTHONPATH": str(repository), "GIT_CONFIG_GLOBAL": str(repository.parent / "gitconfig")}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=repository, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def collect(repository: Path) -> list[str]:
    lines = run(repository, "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider").splitlines()
    return [line for line in lines if "::" in line]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy this repository."""
    repository = tmp_path_factory.mktemp("growth") / "pyo3-new"
    files = git("ls-files", "-z", "-co", "--exclude-standard", cwd=CHECKOUT)
    for name in filter(None, files.split("\0")):
        if (CHECKOUT / name).is_file():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, repository / name)
    (repository.parent / "gitconfig").write_text(IDENTITY, encoding="utf-8")
    git("init", "--quiet", cwd=repository)
    git("add", "--all", cwd=repository)
    git("commit", "--quiet", "--message", "Before", cwd=repository)
    return repository


@pytest.fixture(scope="module")
def before(repository: Path) -> list[str]:
    """Collect the tests that there are without the skill."""
    return collect(repository)


@pytest.fixture(scope="module")
def grown(repository: Path, before: list[str]) -> Path:
    """Add a skill with its features to the copy, and write the documents."""
    assert before
    for feature in NEW_FEATURES:
        offer_feature(repository, feature, "more of everything")
        write(repository / f"templates/{{{{{feature}}}}}", {f"docs/{feature}.md": f"# {feature}\n"})
    add_skill(repository)
    run(repository, "docs.documents")
    return repository


def test_nothing_but_its_own_files_is_written_by_hand(grown: Path) -> None:
    changed = git("diff", "--name-only", cwd=grown).splitlines()
    written = {"README.md", "docs/index.md"}
    assert set(changed) - written == {"copier.yml"}
    added = git("ls-files", "--others", "--exclude-standard", cwd=grown).splitlines()
    own = (f"skills/{SKILL}/", f"scaffolder/tools/{TOOL}/", f"tests/tools/{TOOL}/", "templates/{{extra")
    # Written by `make docs`, as are the changes of the files above.
    assert not [path for path in added if not path.startswith((*own, "docs/features/extra"))]


def test_every_list_has_it(grown: Path) -> None:
    (skill,) = [
        skill
        for skill in json.loads(run(grown, "scaffolder", "list", "--skills", "--json"))["skills"]
        if skill["name"] == SKILL
    ]
    assert skill["examples"] == [f"{SKILL}/{name}" for name in EXAMPLES]
    assert NEW_FEATURES[0] in run(grown, "scaffolder", "list")
    assert skill["tools"] == [TOOL]
    assert "high water" in run(grown, "scaffolder", "tool", TOOL)
    assert f"[{SKILL}](skills/{SKILL}/SKILL.md)" in (grown / "README.md").read_text(encoding="utf-8")
    assert f"../skills/{SKILL}/references/moons" in (grown / "docs/index.md").read_text(encoding="utf-8")


def test_projects_with_its_feature_carry_its_guide(grown: Path) -> None:
    guide = f".agents/skills/{SKILL}/SKILL.md"
    options = ["--defaults", "--no-git", "--quiet"]
    for feature in NEW_FEATURES[:2]:
        project = grown.parent / f"with-{feature}"
        run(grown, "scaffolder", "new", str(project), *options, f"--with={feature}")
        assert (project / guide).is_file() == (feature == NEW_FEATURES[0])


def test_its_documents_and_examples_are_held_to_the_rules(grown: Path) -> None:
    options = ["--quiet", "-p", "no:cacheprovider", "-m", "not slow", "--skill", SKILL]
    printed = run(grown, "pytest", "tests/skills", "tests/tools", *options)
    assert re.search(r"^[1-9]\d* passed", printed, re.MULTILINE)


def test_the_number_of_tests_adds_and_does_not_multiply(grown: Path, before: list[str]) -> None:
    tests = collect(grown)
    assert f"tests/tools/{TOOL}/test_{TOOL}.py::test_tides" in tests
    for name in EXAMPLES:
        assert any(f"[{SKILL}/{name}]" in test for test in tests)
    # A feature is rendered, checked and built alone; a few sets show each two of them. A skill has a few documents.
    assert len(tests) <= len(before) + 12 * len(NEW_FEATURES) + 60


def test_the_wheel_has_it(grown: Path, tmp_path: Path) -> None:
    run(grown, "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path))
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    skill = f"scaffolder/skills/{SKILL}"
    examples = {f"{skill}/examples/{name}/src/lib.rs" for name in EXAMPLES}
    assert {f"{skill}/SKILL.md", f"{skill}/scripts/{TOOL}.py", f"scaffolder/tools/{TOOL}/app.py", *examples} <= names
