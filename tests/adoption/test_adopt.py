"""What adopt makes of projects that have another maker, and which it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.adoption.projects import CARGO, CHANGED, DECLARATIVE, FILES, MATURIN, PYTHON, REEXPORT, commit, write
from tests.conftest import git, tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Command, Run

MOVED = {
    "soil.pyi": "python/soil/_core/__init__.pyi",
    "python/soil/_soil.pyi": "python/soil/_soil/__init__.pyi",
}
each_project = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    def project(name: str) -> Path:
        folder = tmp_path / "soil"
        folder.mkdir()
        return write(folder, FILES[name])

    return project


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def lost(name: str, folder: Path) -> list[tuple[str, str]]:
    """Return the lines of the project's files that are no longer there, but for those that are known to change."""
    missing: list[tuple[str, str]] = []
    for path, before in FILES[name].items():
        after = (folder / MOVED.get(path, path)).read_text("utf-8")
        gone = Counter(lines(before)) - Counter(lines(after)) - Counter(CHANGED.get(name, ()))
        missing += [(path, line) for line in gone]
    return missing


@each_project
def test_no_line_is_lost(project: Callable[[str], Path], pyo3_new: Command, name: str) -> None:
    folder = project(name)
    pyo3_new("adopt", cwd=folder)
    assert lost(name, folder) == []
    assert not git("diff", "--name-only", cwd=folder)


@each_project
def test_features_can_be_added_and_removed(project: Callable[[str], Path], pyo3_new: Command, name: str) -> None:
    folder = project(name)
    pyo3_new("adopt", cwd=folder)
    commit(folder)
    adopted = tree(folder)
    pyo3_new("add", "numpy", "arrow", "async", cwd=folder)
    commit(folder)
    manifest = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert [line for line in manifest["project"]["dependencies"] if line.startswith("numpy")]
    cargo = tomllib.loads(next(folder.rglob("Cargo.toml")).read_text("utf-8"))
    assert {"pyo3", "thiserror", "numpy", "arrow-array"} <= set(cargo["dependencies"])
    library = next(folder.rglob("lib.rs"))
    assert (library.parent / "arrays.rs").is_file()
    assert library.read_text("utf-8").count("arrays") == 3
    assert json.loads(pyo3_new("status", "--json", cwd=folder).stdout)["features"] == ["numpy", "arrow", "async"]
    pyo3_new("remove", "numpy", "arrow", "async", cwd=folder)
    after = tree(folder)
    kept = {path for path in adopted if path not in {"pyproject.toml", "Cargo.toml", "rust/Cargo.toml"}}
    assert {path: after.get(path) for path in kept} == {path: adopted[path] for path in kept}


@each_project
def test_adopting_with_a_feature_is_adopting_and_adding_it(
    project: Callable[[str], Path], pyo3_new: Command, name: str
) -> None:
    folder = project(name)
    pyo3_new("adopt", "--with", "numpy", cwd=folder)
    at_once = tree(folder)
    git("reset", "--hard", "--quiet", cwd=folder)
    pyo3_new("adopt", cwd=folder)
    commit(folder)
    pyo3_new("add", "numpy", cwd=folder)
    assert tree(folder) == at_once


def test_a_second_run_changes_nothing(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("function")
    pyo3_new("adopt", cwd=folder)
    commit(folder)
    before = tree(folder)
    done = pyo3_new("adopt", cwd=folder, code=1)
    assert "is under the template already" in done.stderr
    assert tree(folder) == before
    assert not git("status", "--porcelain", cwd=folder)


def test_a_dry_run_shows_the_difference_and_writes_nothing(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("function")
    before = tree(folder)
    data = json.loads(pyo3_new("adopt", "--dry-run", "--json", cwd=folder).stdout)
    assert "+    // features: begin" in data["diff"]
    assert data["kept"] == ["README.md", "noxfile.py"]
    assert data["layout"] == {"extension": "_soil"}
    assert tree(folder) == before
    assert not git("status", "--porcelain", cwd=folder)


def test_what_the_project_says_is_recorded(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("setuptools-rust")
    done = pyo3_new("adopt", cwd=folder)
    answers = yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))
    assert (answers["project_name"], answers["license"], answers["wheels"]) == ("soil", "none", "version")
    layout = {key: value for key, value in answers["layout"].items() if key != "own"}
    assert layout == {"source": "rust", "extension": "soil"}
    assert "does not know the licence `GPL-3.0-only`" in done.stderr


def test_what_the_crate_and_maturin_say_is_recorded(tmp_path: Path, pyo3_new: Command) -> None:
    files = changed(
        "alone", "Cargo.toml", 'name = "soil"\nversion', 'name = "soil"\nauthors = ["Ada <a@b.c>"]\nversion'
    )
    write(tmp_path, {**files, "pyproject.toml": MATURIN + '\n[tool.maturin]\nfeatures = ["pyo3/abi3-py311"]\n'})
    answers = json.loads(pyo3_new("adopt", "--json", cwd=tmp_path).stdout)["answers"]
    assert (answers["author_name"], answers["author_email"], answers["wheels"]) == ("Ada", "a@b.c", "abi3")


def test_no_description_is_made_up(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("python")
    pyo3_new("adopt", "--with", "docs", cwd=folder)
    assert yaml.safe_load((folder / ".copier-answers.yml").read_text("utf-8"))["description"] == ""
    for path in ("pyproject.toml", "rust/Cargo.toml"):
        assert "description" not in (folder / path).read_text("utf-8")


def test_setuptools_rust_stays_unless_maturin_is_asked_for(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("setuptools-rust")
    pyo3_new("adopt", "--maturin", cwd=folder)
    data = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert data["build-system"]["build-backend"] == "maturin"
    assert set(data["tool"]) == {"maturin", "uv"}
    assert data["tool"]["maturin"] == {"module-name": "soil.soil", "python-source": "python"}
    git("reset", "--hard", "--quiet", cwd=folder)
    pyo3_new("adopt", cwd=folder)
    data = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert data["build-system"]["build-backend"] == "setuptools.build_meta"
    assert "maturin" not in data["tool"]


def test_a_project_in_a_workspace_is_named(tmp_path: Path, pyo3_new: Command) -> None:
    files = {f"crates/soil-python/{path}": text for path, text in FILES["function"].items()}
    write(tmp_path, {"Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n', **files})
    done = pyo3_new("adopt", cwd=tmp_path, code=1)
    assert "run `pyo3-new adopt --project crates/soil-python`" in done.stderr
    pyo3_new("adopt", "--project", "crates/soil-python", cwd=tmp_path)
    assert (tmp_path / "crates/soil-python/.copier-answers.yml").is_file()
    assert git("diff", "--name-only", "HEAD", "--", ":!crates", cwd=tmp_path) == ""


def test_each_project_of_a_repository_goes_its_own_way(tmp_path: Path, pyo3_new: Command) -> None:
    files = {f"{name}-python/{path}": text for name in ("a", "b") for path, text in FILES["function"].items()}
    workspace = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["*-python"]\n',
        "Cargo.toml": '[workspace]\nmembers = ["*-python"]\n',
        "Cargo.lock": "version = 4\n",
    }
    write(tmp_path, {**workspace, **files})
    done = pyo3_new("adopt", cwd=tmp_path, code=1)
    assert "has no `[project]`: the projects are in `a-python` and `b-python`" in done.stderr
    pyo3_new("adopt", "--project", "a-python", cwd=tmp_path)
    commit(tmp_path)
    folder = tmp_path / "b-python"
    outdated = {"path": "../Cargo.lock", "command": "cargo update --workspace"}
    assert json.loads(pyo3_new("adopt", "--json", cwd=folder).stdout)["outdated"] == [outdated]
    commit(tmp_path)
    before = tree(tmp_path)
    # Cargo has no workspace in a workspace.
    assert "needs a crate that is in no other workspace" in pyo3_new("add", "workspace", cwd=folder, code=2).stderr
    assert json.loads(pyo3_new("add", "numpy", "--json", cwd=folder).stdout)["outdated"] == [outdated]
    commit(tmp_path)
    found = json.loads(pyo3_new("status", "--json", "--offline", cwd=folder).stdout)
    assert (found["features"], "workspace" in found["available"]) == (["numpy"], False)
    assert "python/soil/_submodules.py" not in found["added"]
    assert "nothing to do" in pyo3_new("update", "--offline", cwd=folder).stdout
    assert pyo3_new("diff", "--stat", cwd=folder).stdout
    pyo3_new("remove", "numpy", cwd=folder)
    after = tree(tmp_path)
    assert {path for path in before if before[path] != after.get(path)} <= {"b-python/pyproject.toml"}
    assert not {path for path in after if path.startswith("a-python")} - set(before)


WORKSPACE = """\
[workspace]
members = ["crates/*"]
resolver = "2"

[workspace.dependencies]
samples = { path = "crates/samples" }
"""
SAMPLES = '[package]\nname = "samples"\nversion = "0.1.0"\n'


@pytest.mark.parametrize(
    ("where", "above", "crate"), [("", "", "crates/soil/"), ("crates/soil/", "../../", "")], ids=["top", "inside"]
)
def test_uv_builds_again_when_a_crate_of_the_workspace_changes(
    tmp_path: Path, pyo3_new: Command, where: str, above: str, crate: str
) -> None:
    files = {
        "Cargo.toml": WORKSPACE,
        "crates/samples/Cargo.toml": SAMPLES + '\n[dependencies]\nunits = { path = "../units" }\n',
        "crates/samples/src/lib.rs": "",
        "crates/units/Cargo.toml": SAMPLES.replace("samples", "units") + '[lib]\npath = "rust/lib.rs"\n',
        "crates/units/rust/lib.rs": "",
        "crates/unused/Cargo.toml": SAMPLES.replace("samples", "unused"),
        "crates/unused/src/lib.rs": "",
        "crates/soil/Cargo.toml": f"{CARGO.partition('[profile')[0]}samples = {{ workspace = true }}\n",
        "crates/soil/src/lib.rs": DECLARATIVE,
        f"{where}python/soil/__init__.py": REEXPORT,
        f"{where}pyproject.toml": MATURIN
        + f'[tool.maturin]\nmanifest-path = "{crate}Cargo.toml"\npython-source = "python"\n'
        'module-name = "soil.soil"\n',
    }
    write(tmp_path, files)
    pyo3_new("adopt", cwd=tmp_path / where)
    tool = tomllib.loads((tmp_path / where / "pyproject.toml").read_text("utf-8"))["tool"]
    beside = ".." if where else "crates"
    assert [key["file"] for key in tool["uv"]["cache-keys"]] == [
        "pyproject.toml", f"{crate}Cargo.toml", f"{above}Cargo.toml", f"{above}Cargo.lock", f"{crate}build.rs",
        f"{crate}src/**/*.rs",
        f"{beside}/samples/Cargo.toml", f"{beside}/samples/src/**/*.rs", f"{beside}/units/Cargo.toml",
        f"{beside}/units/rust/**/*.rs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("allowed", "line"), [(">=3.8", ">=3.10"), (">=3.9, <4", ">=3.10,<4"), ("~=3.8,!=3.11.0", "~=3.10,!=3.11.0")]
)
def test_a_line_is_given_for_pythons_that_are_too_old(
    tmp_path: Path, pyo3_new: Command, allowed: str, line: str
) -> None:
    write(tmp_path, changed("python", "pyproject.toml", ">=3.11", allowed))
    done = pyo3_new("adopt", "--dry-run", cwd=tmp_path)
    assert f'write `requires-python = "{line}"` in `pyproject.toml`' in done.stderr


ANOTHER = '\n[[tool.setuptools-rust.ext-modules]]\ntarget = "soil.other"\n'
HOOK = '\n[tool.hatch.build.hooks.custom]\npath = "a.py"\n'
CFFI = '\n[tool.maturin]\nbindings = "cffi"\n'


def changed(name: str, path: str, old: str, new: str) -> dict[str, str]:
    """Return a project with another text in one place."""
    text = FILES[name][path]
    assert old in text
    return {**FILES[name], path: text.replace(old, new)}


def longer(name: str, path: str, end: str) -> dict[str, str]:
    """Return a project with more in a file, or with one more file."""
    return {**FILES[name], path: FILES[name].get(path, "") + end}


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "an old PyO3": (changed("alone", "Cargo.toml", "0.30", "0.24"), "run `pyo3-new migrate` first"),
    "no PyO3": (changed("alone", "Cargo.toml", "pyo3 =", "log ="), "does not depend on `pyo3`"),
    "other bindings": (longer("alone", "pyproject.toml", CFFI), "`cffi` bindings"),
    "another source of PyO3": (
        changed("alone", "Cargo.toml", '"0.30"', '{ version = "0.30", git = "https://example.com/pyo3" }'),
        "takes `pyo3` from `https://example.com/pyo3`",
    ),
    "TOML 1.1": (
        changed("alone", "Cargo.toml", '"0.30"', '{\n  version = "0.30",\n}'),
        "write each inline table on one line",
    ),
    "no module": (changed("alone", "src/lib.rs", "#[pymodule]", ""), "there is no `#[pymodule]` called `soil`"),
    "a package in the way": (longer("alone", "python/soil/a.txt", ""), "is in the way"),
    "metadata elsewhere": ({"pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'}, "has no `[project]`"),
    "several modules": (longer("setuptools-rust", "pyproject.toml", ANOTHER), "modules: `soil.soil` and `soil.other`"),
    "several packages": ({"pyproject.toml": PYTHON, "src/a/__init__.py": "", "src/b/__init__.py": ""}, "`a` and `b`"),
    "no package": ({"pyproject.toml": PYTHON, "soil.py": ""}, "there is no Python package"),
    "a dynamic version": (
        changed("python", "pyproject.toml", 'version = "1.2"', 'dynamic = ["version"]'),
        "which maturin has no counterpart for\n\nhint: write `version` in `[project]` of `pyproject.toml`",
    ),
    "another backend": (changed("python", "pyproject.toml", "hatchling.build", "mesonpy"), '= "mesonpy"`'),
    "a plugin": (changed("python", "pyproject.toml", '["hatchling"]', '["hatchling", "hatch-vcs"]'), "`hatch-vcs`"),
    "a build hook": (longer("python", "pyproject.toml", HOOK), "`tool.hatch.build.hooks.custom.path`"),
    "a script": (longer("python", "setup.py", "from setuptools import setup\nsetup(name='soil')\n"), "`setup.py`"),
    "a crate's file": (longer("python", "rust/build.rs", ""), "`rust/build.rs` is in the way"),
}


@pytest.mark.parametrize(("files", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_work_is_refused(tmp_path: Path, pyo3_new: Command, files: dict[str, str], reason: str) -> None:
    write(tmp_path, files)
    before = tree(tmp_path)
    assert reason in pyo3_new("adopt", cwd=tmp_path, code=1).stderr
    assert tree(tmp_path) == before


FLIT = '[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n[project]\n'
METADATA = 'name = "soil"\nversion = "1.2"\n'
DATA = '[tool.setuptools]\ndynamic.version = { attr = "soil.VERSION" }\npackage-data = { soil = ["py.typed"] }\n'
SDIST = '[tool.flit.sdist]\ninclude = ["tests"]\n'


@pytest.mark.parametrize(
    ("manifest", "note"),
    [
        (SETUPTOOLS + METADATA + DATA, "maturin does not read `MANIFEST.in`"),
        (FLIT + METADATA + SDIST, "maturin does not read `tool.flit.sdist.include`"),
    ],
    ids=["setuptools", "flit"],
)
def test_what_a_wheel_does_not_depend_on_is_no_obstacle(
    tmp_path: Path, pyo3_new: Command, manifest: str, note: str
) -> None:
    write(tmp_path, {"pyproject.toml": manifest, "soil/__init__.py": "", "MANIFEST.in": "graft tests\n"})
    notes = pyo3_new("adopt", cwd=tmp_path).stderr
    assert notes.count("maturin does not read") == notes.count(note) == 1
    dynamic = manifest.replace('version = "1.2"', 'dynamic = ["version"]')
    git("reset", "--hard", "--quiet", cwd=tmp_path)
    (tmp_path / "pyproject.toml").write_text(dynamic, encoding="utf-8")
    commit(tmp_path)
    assert "leaves to the backend, `version`" in pyo3_new("adopt", cwd=tmp_path, code=1).stderr


def test_unfinished_work_is_refused(project: Callable[[str], Path], pyo3_new: Command, tmp_path: Path) -> None:
    folder = project("function")
    (folder / "README.md").write_text("changed", encoding="utf-8")
    assert "not committed: `README.md`" in pyo3_new("adopt", cwd=folder, code=1).stderr
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "pyproject.toml").write_text(MATURIN, encoding="utf-8")
    assert "is not in a git repository" in pyo3_new("adopt", cwd=bare, code=1).stderr


def test_a_project_of_another_template_is_not_taken_for_ours(project: Callable[[str], Path], pyo3_new: Command) -> None:
    folder = project("function")
    (folder / ".copier-answers.yml").write_text("_commit: v1\n_src_path: gh:ada/template\n", encoding="utf-8")
    commit(folder)
    done = pyo3_new("adopt", cwd=folder, code=1)
    assert "is of another template, `gh:ada/template`" in done.stderr
    git("mv", ".copier-answers.yml", ".copier-answers.other.yml", cwd=folder)
    commit(folder)
    pyo3_new("adopt", cwd=folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alone", "python"])
def test_an_adopted_project_builds_and_passes(
    project: Callable[[str], Path], pyo3_new: Command, build_run: Run, tmp_path: Path, name: str
) -> None:
    folder = project(name)
    pyo3_new("adopt", "--with", "numpy", "--with", "classes", cwd=folder)
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(environment)], check=True)
    python = str(environment / "bin/python")
    build_run("uv", "pip", "install", "--quiet", "--python", python, "--editable", ".", "pytest", folder=folder)
    printed = build_run(python, "-m", "pytest", "--import-mode=importlib", "tests", folder=folder)
    assert " passed" in printed
