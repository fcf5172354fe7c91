"""What `add`, `update`, `status` and `diff` do in a project that keeps a layout of its own."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.checkout.test_update import everything, replace
from tests.conftest import git, tree
from tests.history import NEWEST, TAGS, commit_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.history import Grow, History

LAYOUT = {"crate": "rust", "extension": "fast", "own": ["README.md", "noxfile.py"], "python": "src"}
# They merge by key, so the comments in them stay as they were.
MANIFESTS = ["pyproject.toml", "rust/Cargo.toml"]
STUB = "src/price_tools/fast/__init__.pyi"


def make(grow: Grow, *features: str, version: str = NEWEST, folder: str = "price-tools", **layout: Any) -> Path:
    """Make a project with a layout, and the files that are its own."""
    project = grow.folder / folder
    options = ["--name", "price-tools", "--defaults", "--quiet", f"--vcs-ref=v{version}"]
    options += [f"--with={','.join(features)}"] if features else []
    grow("new", str(project), *options, f"--data=layout={json.dumps({**LAYOUT, **layout})}")
    (project / "README.md").write_text("# Mine\n", encoding="utf-8")
    commit_all(project)
    return project


def read_layout(project: Path) -> Any:
    return yaml.safe_load((project / ".copier-answers.yml").read_text("utf-8"))["layout"]


def assert_alike(files: dict[str, bytes], others: dict[str, bytes]) -> None:
    """Compare all files of two projects, and manifests by what they say: their comments are the owner's."""
    for path in MANIFESTS:
        assert tomllib.loads(files.pop(path).decode()) == tomllib.loads(others.pop(path).decode())
    assert files == others


def test_adding_a_feature_gives_what_new_gives(grow: Grow) -> None:
    project = make(grow)
    (project / "rust/Cargo.lock").touch()
    commit_all(project)
    done = grow("add", "numpy", "--json", cwd=project).data
    command = "cargo update --workspace --manifest-path rust/Cargo.toml"
    assert done["outdated"] == [{"path": "rust/Cargo.lock", "command": command}]
    assert "src/price_tools/arrays.py" in [change["path"] for change in done["files"]]
    (project / "rust/Cargo.lock").unlink()
    assert_alike(tree(project), tree(make(grow, "numpy", folder="whole")))
    assert read_layout(project) == LAYOUT


def test_what_it_has_in_its_own_form_is_left_alone(grow: Grow) -> None:
    project = make(grow, version="0.1.0")
    grow("update", "--offline", cwd=project)
    commit_all(project)
    assert (project / "README.md").read_text("utf-8") == "# Mine\n"
    assert not (project / "noxfile.py").exists()
    state = grow("status", "--offline", "--json", cwd=project).data
    assert (state["changed"], state["deleted"], state["added"]) == (MANIFESTS, [], ["README.md"])
    assert [file["path"] for file in grow("diff", "--json", cwd=project).data["files"]] == MANIFESTS


def test_both_sides_of_a_stub_merge(grow: Grow) -> None:
    project = make(grow, "classes")
    replace(project / STUB, '    "ledger",\n', '    "ledger",\n    "mean",\n')
    with (project / STUB).open("a", encoding="utf-8") as file:
        file.write("\ndef mean(values: list[float]) -> float:\n    ...\n")
    commit_all(project)
    done = grow("add", "parallel,plugins", "--json", cwd=project).data
    assert done["conflicts"] == []
    text = (project / STUB).read_text("utf-8")
    assert all(f'    "{name}",\n' in text for name in ("forecasts", "ledger", "mean", "plugins"))


def test_a_dependency_that_is_there_is_not_added_again(grow: Grow) -> None:
    project = make(grow)
    replace(project / "rust/Cargo.toml", "[dependencies]\n", '[dependencies]\nnumpy = "0.30"\n')
    commit_all(project)
    grow("add", "numpy", cwd=project)
    assert (project / "rust/Cargo.toml").read_text("utf-8").count("numpy = ") == 1


@pytest.mark.parametrize(
    ("feature", "reason"),
    [
        ("embed", "`embed` needs the layout of a new project"),
        ("workspace", "`workspace` needs the crate at the top of the project, and this project has it in `rust`"),
    ],
)
def test_a_feature_that_needs_another_layout_is_refused(grow: Grow, feature: str, reason: str) -> None:
    project = make(grow)
    before = everything(project)
    done = grow("add", f"numpy,{feature}", cwd=project, code=2)
    assert done.stderr.startswith(f"error: {reason}")
    assert everything(project) == before


def test_status_offers_what_the_layout_can_have(grow: Grow) -> None:
    available = grow("status", "--offline", "--json", cwd=make(grow)).data["available"]
    assert "numpy" in available
    assert not {"embed", "workspace"} & {*available}


def test_pythons_that_a_feature_can_not_have_are_named(grow: Grow) -> None:
    project = make(grow)
    replace(project / "pyproject.toml", 'requires-python = ">=3.11"', 'requires-python = ">=3.9"')
    commit_all(project)
    line = 'write `requires-python = ">=3.10"` in `pyproject.toml`'
    assert [note for note in grow("add", "numpy", "--json", cwd=project).data["notes"] if line in note]
    # It has no dependency, so it can have any Python.
    assert not grow("add", "plugins", "--dry-run", "--json", cwd=make(grow, folder="other")).data["notes"]


def test_the_layout_is_not_changed_by_update(grow: Grow) -> None:
    project = make(grow)
    before = everything(project)
    done = grow("update", "--offline", "--data", "layout={crate: .}", cwd=project, code=2)
    assert done.stderr.startswith("error: `layout` can't be changed with `--data`")
    assert "hint: move the files with `git mv`" in done.stderr
    assert everything(project) == before


@pytest.mark.parametrize("layout", ["[rust]", "{crate: ../rust}", "rust"])
def test_a_layout_that_is_not_valid_is_the_answers_files_fault(grow: Grow, layout: str) -> None:
    project = grow.project()
    with (project / ".copier-answers.yml").open("a", encoding="utf-8") as file:
        file.write(f"layout: {layout}\n")
    commit_all(project)
    done = grow("add", "numpy", cwd=project, code=1)
    assert "`.copier-answers.yml` has an answer for `layout` that is not valid" in done.stderr


@pytest.mark.slow
def test_plain_copier_keeps_the_layout(
    grow: Grow, history: History, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import copier
    from plumbum import local

    project = make(grow, "classes", version="0.1.0")
    git("clone", "--quiet", str(project), "copied", cwd=tmp_path)
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'[url "{history.repository.as_posix()}"]\n  insteadOf = https://github.com/pyo3-new/pyo3-new.git\n')
    monkeypatch.setenv("COPIER_CACHE_DIR", str(tmp_path / "cache"))
    with local.env(GIT_CONFIG_GLOBAL=str(settings), GIT_CONFIG_NOSYSTEM="1"):
        copier.run_update(tmp_path / "copied", defaults=True, overwrite=True, quiet=True, vcs_ref=TAGS[-1])
    grow("update", "--offline", cwd=project)
    assert read_layout(tmp_path / "copied") == LAYOUT
    assert_alike(tree(project), tree(tmp_path / "copied"))
