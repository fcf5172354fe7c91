"""What the tools of a machine take, and what a project's place and its neighbours change."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from scaffolder.anatomy.project import read_project
from scaffolder.anatomy.versions import deprecations, release_series
from scaffolder.machine.choices import InterpreterChoice, cargo_choice, maturin_choice, uv_choice
from scaffolder.machine.interpreters import python_in
from scaffolder.tools.setup_validator.checks import features, manifests, pythons
from scaffolder.tools.setup_validator.tables import tables
from tests.conftest import CHECKOUT
from tests.skills.test_documents import anchors
from tests.tools.setup_validator.projects import (
    FILES,
    INTERPRETER,
    MACHINE,
    PYTHON,
    added,
    answers,
    changed,
    python,
    removed,
    replaced,
    write,
)
from tests.tools.setup_validator.test_checks import machine, shared_target

if TYPE_CHECKING:
    from tests.tools.setup_validator.projects import Change, Files

CARGO, PYPROJECT, SOURCE = "Cargo.toml", "pyproject.toml", "src/lib.rs"
CONFIG, SETTINGS = ".cargo/config.toml", ".vscode/settings.json"


@pytest.mark.parametrize("name", ["PYO3_CONFIG_FILE", "PYO3_NO_PYTHON"])
@pytest.mark.parametrize("in_file", [False, True])
def test_cargo_is_told_to_run_no_python(name: str, in_file: bool, tmp_path: Path) -> None:
    if in_file:
        write(tmp_path, {CONFIG: f'[env]\n{name} = "1"\n'})
    choice = cargo_choice(tmp_path, {} if in_file else {name: "1"})
    assert (choice.python, choice.needed) == (None, False)
    assert name in choice.why
    found = answers(write(tmp_path / "fares", FILES), machine(choices=(choice,)))
    assert "python-found" not in found


def test_one_folder_may_be_both_environments(tmp_path: Path) -> None:
    same = {"VIRTUAL_ENV": "/env", "CONDA_PREFIX": "/env"}
    assert maturin_choice(tmp_path, same).python == python_in(Path("/env"))
    found = answers(write(tmp_path, FILES), machine(environment=same))["one-environment"]
    assert found.level == "warning"
    assert "maturin" not in found.message
    assert maturin_choice(tmp_path, same | {"CONDA_PREFIX": "/conda"}).python is None


def test_uv_uses_the_environment_of_the_workspace(tmp_path: Path) -> None:
    root = write(tmp_path, {PYPROJECT: '[tool.uv.workspace]\nmembers = ["packages/*"]\n', "uv.lock": "version = 1\n"})
    member = write(root / "packages/fares", changed(replaced(PYPROJECT, "[tool.uv]", "[tool.unused]")))
    assert read_project(member).uv == {}
    (member / ".python-version").unlink()
    write(root, {".python-version": "3.10\n"})
    assert answers(member)["python-pin-allowed"].level == "error"
    assert answers(member)["cache-keys"].level == "warning"
    write(root, {".venv/pyvenv.cfg": ""})
    assert uv_choice(member, {}).python == python_in(root / ".venv")


def test_one_cause_is_one_finding(tmp_path: Path) -> None:
    choice = InterpreterChoice("cargo", Path("/gone/python"), "`PYO3_PYTHON` is set", source="PYO3_PYTHON")
    broken = machine(choices=(choice,), missing={"PYO3_PYTHON": "/gone/python"})
    found = answers(write(tmp_path, FILES), broken)
    assert found["variables-there"].level == "error"
    assert "python-found" not in found
    # A variable that did not decide hides nothing, whatever the reason says of it.
    neither = InterpreterChoice(
        "cargo", None, "`VIRTUAL_ENV` and `CONDA_PREFIX` are both set, so neither is used; no `python`"
    )
    found = answers(tmp_path, machine(choices=(neither,), missing={"VIRTUAL_ENV": "/gone"}))
    assert found["variables-there"].level == found["python-found"].level == "error"


def test_a_moved_project_is_no_neighbour_of_its_own(tmp_path: Path) -> None:
    project = write(tmp_path / "fares", FILES)
    assert answers(project, graph=shared_target(tmp_path, SOURCE))["unique-library-name"].level == "error"
    # What was there has been moved away.
    assert answers(project, graph=shared_target(tmp_path, "src/gone.rs"))["unique-library-name"].level == "ok"
    # Nobody else builds in a folder of the project.
    inside = dataclasses.replace(shared_target(tmp_path, SOURCE), target=project / "target")
    shutil.copytree(tmp_path / "target", project / "target")
    assert answers(project, graph=inside)["unique-library-name"].level == "ok"


SETUPTOOLS = '[build-system]\nrequires = ["setuptools", "setuptools-rust>=1.12"]\n'


def test_a_target_of_setuptools_is_repaired_where_it_is_named(tmp_path: Path) -> None:
    table = '[[tool.setuptools-rust.ext-modules]]\ntarget = "fares._core"\npath = "Cargo.toml"\n'
    project = write(tmp_path, changed(replaced(SOURCE, "_core", "zones")) | {PYPROJECT: f"{SETUPTOOLS}{table}"})
    fix = answers(project)["module-name"].fix
    assert fix
    assert "maturin" not in fix
    assert '[[tool.setuptools-rust.ext-modules]]\ntarget = "fares.zones"' in fix


@pytest.mark.parametrize(
    ("changes", "fields", "name", "text"),
    [
        # What is suggested is something that there is.
        ((replaced(PYPROJECT, ">=3.11", ">=3.14"), replaced(CARGO, '"0.30"', '"0.24"'), removed("Cargo.lock")), {},
         "abi3-as-new-as-python", "abi3-py313"),
        ((), {"version": Version("3.8.1")}, "interpreter-allowed", ">=3.9"),
        ((replaced(PYPROJECT, ">=3.11", ">=3.6"),), {}, "abi3-not-above-python", "promises 3.6"),
        ((), {"version": Version("3.8.1")}, "python-supported", "uv python pin 3.15"),
        ((replaced(PYPROJECT, "[tool.uv]", "[tool.unused]"),), {"version": Version("3.8.1")}, "python-supported",
         "python3.15 -m venv"),
    ],
)  # fmt: skip
def test_what_is_suggested_can_be_done(
    changes: tuple[Change, ...], fields: dict[str, object], name: str, text: str, tmp_path: Path
) -> None:
    found = answers(write(tmp_path, changed(*changes)), python(**fields))[name]
    assert found.level != "ok"
    assert text in f"{found.message}\n{found.fix}"


@pytest.mark.parametrize(
    ("line", "variable", "level"),
    [
        ("0.29", "PYO3_USE_STABLE_ABI_FORWARD_COMPATIBILITY", "ok"),
        ("0.29", "PYO3_USE_ABI3_FORWARD_COMPATIBILITY", "ok"),
        ("0.24", "PYO3_USE_ABI3_FORWARD_COMPATIBILITY", "ok"),
        ("0.24", "PYO3_USE_STABLE_ABI_FORWARD_COMPATIBILITY", "error"),
        ("0.24", "PYO3_PRINT_CONFIG", "error"),
    ],
)
def test_a_newer_python_may_be_asked_for(line: str, variable: str, level: str, tmp_path: Path) -> None:
    changes = (replaced(CARGO, '["abi3-py311"]', "[]"), replaced(CARGO, '"0.30"', f'"{line}"'), removed("Cargo.lock"))
    newer = dataclasses.replace(INTERPRETER, version=Version("3.17.0"))
    there = machine(build_env={variable: "1"}, interpreters={PYTHON: newer})
    assert answers(write(tmp_path, changed(*changes)), there)["python-supported"].level == level


def test_a_python_too_old_and_one_too_new_are_explained_apart(tmp_path: Path) -> None:
    project = write(tmp_path, changed(replaced(CARGO, '["abi3-py311"]', "[]")))
    for version, section in (("3.8.1", "python-too-old"), ("3.17.0", "python-too-new")):
        found = answers(project, python(version=Version(version)))["python-supported"]
        assert str(found.reference).endswith(f"troubleshooting.md#{section}")


def test_the_first_python_on_path_is_no_choice_of_the_user(tmp_path: Path) -> None:
    path = Path("/usr/bin/python3")
    other = dataclasses.replace(INTERPRETER, path=path, prefix=Path("/usr"), version=Version("3.10.4"))
    first = InterpreterChoice("cargo", other.path, "the first `python3` on `PATH`")
    there = machine(choices=(first, *MACHINE.choices[1:]), interpreters={PYTHON: INTERPRETER, other.path: other})
    found = answers(write(tmp_path, FILES), there)
    assert found["one-python"].level == "ok"
    # A pin is for uv, and changes nothing for cargo.
    assert "uv run cargo test" in str(found["abi3-buildable"].fix)
    assert "uv python pin" not in str(found["interpreter-allowed"].fix)


def test_uv_builds_nothing_without_a_project_table(tmp_path: Path) -> None:
    rows = [row for row in next(tables(MACHINE, read_project(write(tmp_path, FILES)))).rows if row[0] == "uv run"]
    assert rows == [("uv run", "3.11.7", "/env/bin/python", "it is active")]
    project = read_project(write(tmp_path, changed(replaced(PYPROJECT, "[project]", "[tool.none]"))))
    [*_, (_, python_name, _, why)] = [row for row in next(tables(MACHINE, project)).rows if row[0] == "uv run"]
    assert (python_name, why) == ("—", "without `[project]` it builds nothing of this")


@pytest.mark.parametrize(
    ("settings", "launch", "level"),
    [
        ({}, [], "note"),
        ({"python.testing.pytestEnabled": True}, [], "warning"),
        ({}, [{"type": "debugpy", "request": "launch", "name": "tests"}], "warning"),
        ({}, [{"type": "debugpy", "request": "launch", "name": "tests", "preLaunchTask": "build"}], "note"),
        ({}, [{"type": "lldb", "request": "attach"}, 3], "note"),
    ],
)
def test_an_editor_that_runs_old_code_is_named(
    settings: dict[str, bool], launch: list[object], level: str, tmp_path: Path
) -> None:
    library = "python/fares/_core.abi3.so"
    editor = {SETTINGS: json.dumps(settings), ".vscode/launch.json": json.dumps({"configurations": launch})}
    project = write(tmp_path, FILES | editor | {library: "old"})
    os.utime(project / library, (0, 0))
    assert answers(project)["library-fresh"].level == level
    write(project, {"tests/conftest.py": "import maturin_import_hook\n"})
    assert answers(project)["library-fresh"].level == "note"


def test_what_only_other_members_use_is_not_counted(tmp_path: Path) -> None:
    other = '\n[[package]]\nname = "{}"\nversion = "0.1.0"\ndependencies = ["{}"]\n'
    older = '\n[[package]]\nname = "pyo3"\nversion = "0.29.0"\n'
    members = (added("Cargo.lock", older + other.format("other", "pyo3 0.29.0")),)
    own = added("Cargo.lock", other.format("fares", "pyo3 0.30.1"))
    assert answers(write(tmp_path / "one", changed(*members, own)))["one-version"].level == "ok"
    both = replaced("Cargo.lock", '"pyo3 0.30.1"', '"pyo3 0.30.1", "other"')
    assert answers(write(tmp_path / "two", changed(*members, own, both)))["one-version"].level == "error"


INSIDE: Files = {"../core/Cargo.toml": '[package]\nname = "core"\n', "../core/src/lib.rs": ""}


def test_uv_watches_crates_that_are_built_along(tmp_path: Path) -> None:
    files = changed(replaced(CARGO, "[profile", 'core = { path = "../core" }\n[profile'))
    project = write(tmp_path / "fares", files)
    write(project, INSIDE)
    found = answers(project)["cache-keys"]
    assert "`../core/Cargo.toml`, `../core/src/**/*.rs`" in found.message
    keys = '{ file = "../core/src/**/*.rs" }, "../core/Cargo.toml", { file = "src/**/*.rs" }'
    write(project, changed(replaced(PYPROJECT, '{ file = "src/**/*.rs" }', keys)) | {CARGO: files[CARGO]})
    assert answers(project)["cache-keys"].level == "ok"


def test_uv_watches_the_workspace_that_says_something(tmp_path: Path) -> None:
    write(tmp_path, {CARGO: '[workspace]\nmembers = ["fares"]\n[workspace.package]\nedition = "2024"\n'})
    project = write(tmp_path / "fares", FILES)
    assert answers(project)["cache-keys"].level == "ok"
    write(project, changed(replaced(CARGO, 'edition = "2024"', "edition.workspace = true")))
    assert "`../Cargo.toml`" in answers(project)["cache-keys"].message


def test_workflows_are_those_of_the_repository(tmp_path: Path) -> None:
    workflow = (FILES[".github/workflows/ci.yml"] or "").replace("permissions: {}\n", "")
    write(tmp_path, {".git/HEAD": "", ".github/workflows/ci.yml": workflow})
    project = write(tmp_path / "fares", changed(removed(".github/workflows/ci.yml")))
    assert answers(project)["workflow-permissions"].level == "warning"


@pytest.mark.parametrize(
    ("environment", "fix"),
    [({}, '[env]\nVIRTUAL_ENV = "/other"'), ({"VIRTUAL_ENV": "/env"}, "unset VIRTUAL_ENV")],
    ids=["a file of the project decides", "a variable of the shell decides"],
)
def test_one_python_is_named_where_it_has_an_effect(tmp_path: Path, environment: dict[str, str], fix: str) -> None:
    other = dataclasses.replace(INTERPRETER, path=Path("/other/bin/python"), prefix=Path("/other"))
    chosen = (
        MACHINE.choices[0],
        InterpreterChoice("maturin develop", other.path, "the nearest `.venv`", source=".venv"),
    )
    interpreters = {PYTHON: INTERPRETER, other.path: other}
    there = machine(choices=chosen, interpreters=interpreters, environment=environment)
    assert fix in str(answers(write(tmp_path, FILES), there)["one-python"].fix)


OTHER = (pythons.TOO_OLD, pythons.SUPPORTED, manifests.OTHER_CRATES)
SECTIONS = {(chapter, anchor) for chapter, anchor, *_ in (*(each.see for each in deprecations()), *OTHER) if anchor}


@pytest.mark.parametrize(("chapter", "anchor"), sorted(SECTIONS))
def test_other_sections_that_a_check_refers_to_are_there(chapter: str, anchor: str) -> None:
    assert anchor in anchors(CHECKOUT / f"skills/pyo3-fundamentals/references/{chapter}.md")


def test_each_line_has_features_for_the_stable_abi() -> None:
    assert all(line.oldest <= line.abi3 <= line.limit for line in release_series())
    assert {each.name for each in deprecations()} >= features.LEFT_OUT
