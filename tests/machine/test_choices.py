"""Which Python each tool takes, and what cargo is told."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from scaffolder.machine.cargo import CargoMetadata, ask_cargo
from scaffolder.machine.cargo_config import read_config
from scaffolder.machine.choices import InterpreterChoice, cargo_choice, editor_choices, uv_choice
from scaffolder.machine.interpreters import QUESTIONS
from scaffolder.machine.programs import Done, Programs
from tests.machine.programs import program
from tests.tools.setup_validator.projects import FILES, write

CONFIG, SETTINGS = ".cargo/config.toml", ".vscode/settings.json"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="the program is a script for sh")


@ON_POSIX
@pytest.mark.parametrize("first", ['echo "Python 2.7.18" >&2', "exit 1"])
def test_cargo_goes_on_where_python_is_no_python_3(first: str, tmp_path: Path) -> None:
    program(tmp_path / "bin/python", first)
    third = program(tmp_path / "bin/python3", 'echo "Python 3.11.7"')
    environment = {"PATH": str(tmp_path / "bin")}
    choice = cargo_choice(tmp_path / "project", environment)
    assert choice.python == third
    third.unlink()
    assert cargo_choice(tmp_path / "project", environment).python is None


@ON_POSIX
@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"VIRTUAL_ENV": "/nowhere", "CONDA_PREFIX": "/usr"}, ""),
        ({"VIRTUAL_ENV": "/nowhere"}, "VIRTUAL_ENV"),
        ({"CONDA_PREFIX": "/nowhere"}, "CONDA_PREFIX"),
        ({"PYO3_PYTHON": "/nowhere", "VIRTUAL_ENV": "/nowhere"}, "PYO3_PYTHON"),
    ],
)
def test_what_decided_is_a_field(variables: dict[str, str], source: str, tmp_path: Path) -> None:
    assert cargo_choice(tmp_path, {"PATH": "/empty", "CARGO_HOME": "/empty", **variables}).source == source


def test_cargo_takes_the_environment_that_its_configuration_names(tmp_path: Path) -> None:
    write(tmp_path, {CONFIG: '[env]\nVIRTUAL_ENV = { value = ".venv", relative = true }\n'})
    choice = cargo_choice(tmp_path, {"PATH": "/empty", "CARGO_HOME": "/empty"})
    assert choice.python is not None
    assert choice.python.is_relative_to(tmp_path / ".venv")
    assert choice.source == "VIRTUAL_ENV"
    assert not choice.is_final
    (tmp_path / ".venv").mkdir()
    assert cargo_choice(tmp_path, {"PATH": "/empty", "CARGO_HOME": "/empty"}).is_final
    active = cargo_choice(tmp_path, {"PATH": "/empty", "CARGO_HOME": "/empty", "VIRTUAL_ENV": "/active"})
    assert active.python is not None
    assert not active.python.is_relative_to(tmp_path)


@pytest.mark.parametrize(
    ("near", "home", "environment", "expected"),
    [
        ("", "[env]\nPYO3_PYTHON = 'user'", {}, "user"),
        ("[env]\nPYO3_PYTHON = 'near'", "[env]\nPYO3_PYTHON = 'user'", {}, "near"),
        ("[env]\nPYO3_PYTHON = 'near'", "", {"PYO3_PYTHON": "shell"}, "shell"),
        ("[env.PYO3_PYTHON]\nvalue = 'near'\nforce = true", "", {"PYO3_PYTHON": "shell"}, "near"),
        ("env = 3", "[env]\nPYO3_PYTHON = 'user'", {}, "user"),
        ("[env", "", {}, None),
    ],
)
def test_variables_are_read_from_cargos_configuration(
    near: str, home: str, environment: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    write(tmp_path, {f"project/{CONFIG}": near, "home/config.toml": home})
    given = {"CARGO_HOME": str(tmp_path / "home"), **environment}
    found = read_config(tmp_path / "project", given).variable("PYO3_PYTHON", given)
    assert (found.value if found else None) == expected


def test_pyo3_is_told_by_the_shell_or_by_a_file(tmp_path: Path) -> None:
    write(tmp_path, {CONFIG: '[env]\nPYO3_USE_ABI3_FORWARD_COMPATIBILITY = "1"\nOTHER = "2"\n'})
    told = read_config(tmp_path, {"CARGO_HOME": str(tmp_path)}).variables("PYO3_", {"PYO3_PRINT_CONFIG": "1"})
    assert told == {"PYO3_USE_ABI3_FORWARD_COMPATIBILITY": "1", "PYO3_PRINT_CONFIG": "1"}


def test_a_linker_is_named_for_a_target(tmp_path: Path) -> None:
    write(tmp_path, {CONFIG: '[target.x86_64-unknown-linux-gnu]\nlinker = "clang"\n'})
    config = read_config(tmp_path, {"CARGO_HOME": str(tmp_path)})
    assert config.linker("x86_64-unknown-linux-gnu", {}) == "clang"
    assert config.linker("aarch64-apple-darwin", {}) is None
    named = {"CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER": "zig"}
    assert config.linker("aarch64-apple-darwin", named) == "zig"


@ON_POSIX
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python3", "bin/python3"),
        (".venv/bin/python", "project/.venv/bin/python"),
        ("${workspaceFolder}/.venv/bin/python", "project/.venv/bin/python"),
        ("${env:PLACE}/python", "place/python"),
        ("~/env/bin/python", "home/env/bin/python"),
        ("${userHome}/env/bin/python", "home/env/bin/python"),
        (".venv", "project/.venv/bin/python"),
    ],
)
def test_the_editor_names_a_python_in_many_ways(
    text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    program(tmp_path / "bin/python3")
    folder = write(tmp_path / "project", {SETTINGS: json.dumps({"python.defaultInterpreterPath": text})})
    environment = {"PATH": str(tmp_path / "bin"), "PLACE": str(tmp_path / "place")}
    [_, code] = editor_choices(folder, InterpreterChoice("cargo", None, ""), environment)
    assert code.python == tmp_path / expected


@pytest.mark.parametrize(
    "text",
    [
        '{"python.defaultInterpreterPath": "/a/python"}',
        '\ufeff{ // one\n "python.defaultInterpreterPath": /* two */ "/a/python", }',
        '{"x": ["// no comment, }", "\\\\",], "python.defaultInterpreterPath": "/a/python",\n// last\n}',
    ],
)
def test_settings_are_json_with_comments(text: str, tmp_path: Path) -> None:
    write(tmp_path, {SETTINGS: text})
    [_, code] = editor_choices(tmp_path, InterpreterChoice("cargo", None, ""), {})
    assert code.python == Path("/a/python")


@pytest.mark.parametrize(
    ("files", "variables", "asked"),
    [
        ({".python-version": "# ours\n3.12\n"}, {}, "3.12"),
        ({".python-version": ">=3.12"}, {}, ">=3.12"),
        ({".python-version": "cpython-3.13t-linux-x86_64-gnu"}, {}, "cpython-3.13t-linux-x86_64-gnu"),
        ({".python-version": "pypy"}, {"UV_PYTHON": "3.14"}, "3.14"),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.11,<3.14"'}, {}, ">=3.11,<3.14"),
        ({"pyproject.toml": '[project]\nrequires-python = "./evil"'}, {}, None),
        ({}, {}, None),
    ],
)
def test_uv_is_asked_for_what_the_project_says(
    files: dict[str, str | None], variables: dict[str, str], asked: str | None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    commands: list[tuple[str, ...]] = []

    def run(_: Programs, *command: str, **__: object) -> Done:
        commands.append(command)
        return Done(0, "/usr/bin/python3\n", "")

    monkeypatch.setattr(Programs, "run", run)
    monkeypatch.setattr(Programs, "find", lambda _, name: Path("/usr/bin") / name)
    choice = uv_choice(write(tmp_path, files), variables)
    assert commands == [("uv", "python", "find", "--system", "--no-project", *([asked] if asked else []))]
    assert choice.python == Path("/usr/bin/python3")


@pytest.mark.parametrize("text", ["./evil", "/nowhere/evil", "../evil", "evil", "bin/python3.12", "--help"])
def test_uv_is_not_asked_for_a_program(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Programs, "run", lambda *_, **__: pytest.fail("a program was started"))
    choice = uv_choice(write(tmp_path, {".python-version": text}), {"PATH": os.environ["PATH"]})
    assert choice.python == tmp_path / text


@pytest.mark.parametrize(
    ("variables", "library"),
    [
        ({"LDLIBRARY": "Python.framework/Versions/3.11/Python", "PYTHONFRAMEWORKPREFIX": "FOLDER"}, None),
        ({"Py_GIL_DISABLED": 1, "LIBDIR": "FOLDER"}, "python{}{}t.lib"),
        ({"LIBDIR": "FOLDER"}, "python{}{}.lib"),
    ],
)
def test_a_libpython_is_found_where_it_is(
    variables: dict[str, str], library: str | None, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found = {name: str(tmp_path) if value == "FOLDER" else value for name, value in variables.items()}
    name = (library or str(variables["LDLIBRARY"])).format(*sys.version_info[:2])
    write(tmp_path, {name: ""})
    monkeypatch.setattr(sysconfig, "get_config_var", found.get)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    exec(compile(QUESTIONS, "questions", "exec"), {})  # noqa: S102
    assert json.loads(capsys.readouterr().out)["library"] == str(tmp_path / name)


def test_crates_for_other_systems_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def run(_: Programs, name: str, *arguments: str, **__: object) -> Done:
        asked.append((name, *arguments))
        if name == "rustc":
            return Done(0, "release: 1.85.0\nhost: riscv64gc-unknown-linux-gnu\n", "")
        return Done(0, json.dumps({"packages": [], "workspace_root": "/w", "target_directory": "/t"}), "")

    monkeypatch.setattr(Programs, "run", run)
    monkeypatch.setattr(Programs, "find", lambda _, name: Path("/usr/bin") / name)
    manifest = write(tmp_path, FILES) / "Cargo.toml"
    assert ask_cargo(manifest, {}) == CargoMetadata(Path("/w"), Path("/t"), {})
    assert asked[-1][-2:] == ("--filter-platform", "riscv64gc-unknown-linux-gnu")
    ask_cargo(manifest, {"CARGO_BUILD_TARGET": "wasm32-unknown-emscripten"})
    assert asked[-1][-1] == "wasm32-unknown-emscripten"
    asked.clear()
    ask_cargo(manifest, {}, "x86_64-unknown-linux-gnu")
    assert [command[0] for command in asked] == ["cargo"]
