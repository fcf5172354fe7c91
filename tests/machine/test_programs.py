"""Looking at a project starts no program that the project brings or names."""

from __future__ import annotations

import json
import os
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.anatomy.bounds import top_of, upwards
from scaffolder.machine.cargo import ask_cargo
from scaffolder.machine.interpreters import behind_shim, probe
from scaffolder.machine.programs import programs_for
from scaffolder.machine.survey import survey
from scaffolder.machine.toolchain import choose_toolchain
from tests.machine.programs import program
from tests.tools.setup_validator.projects import FILES, write

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs are scripts for sh, and folders have owners")
LOCK = 'version = 4\n[[package]]\nname = "fares"\nversion = "0.1.0"\n'
CARGO = '[package]\nname = "fares"\nversion = "0.1.0"\nedition = "2021"\n'
CONFIG = ".cargo/config.toml"


def evil(path: Path) -> Path:
    """Write a program that leaves a trace of having been started."""
    return program(path, 'echo "$0 $*" >> "$TRACE"', "exit 0")


def by_files(**files: str) -> Callable[[Path], dict[str, str]]:
    """Return what writes files into a project; EVIL in them is the program there."""

    def make(project: Path) -> dict[str, str]:
        text = {name.replace("__", "/"): text.replace("EVIL", str(project / "evil")) for name, text in files.items()}
        write(project, dict(text))
        return {}

    return make


def in_place(*names: str, files: dict[str, str | None] | None = None) -> Callable[[Path], dict[str, str]]:
    """Return what puts the program in these places."""

    def make(project: Path) -> dict[str, str]:
        write(project, files or {})
        for name in names:
            evil(project / name)
        return {}

    return make


def by_variables(**variables: str) -> Callable[[Path], dict[str, str]]:
    """Return what sets variables; PROJECT in them is the project's folder."""

    def make(project: Path) -> dict[str, str]:
        for name in ("bin/python", "bin/python3", "bin/cargo", "bin/rustc", "bin/uv", "bin/maturin", "bin/rustup"):
            evil(project / name)
        evil(project / "toolchains/stable/bin/rustc")
        return {name: value.replace("PROJECT", str(project)) for name, value in variables.items()}

    return make


def settings(key: str, value: object) -> Callable[[Path], dict[str, str]]:
    return by_files(**{".vscode__settings.json": json.dumps({key: value})})


PYVENV: dict[str, str | None] = {".venv/pyvenv.cfg": "home = .\nversion = 3.11.7\n"}
WAYS: dict[str, Callable[[Path], dict[str, str]]] = {
    "an environment": in_place(".venv/bin/python", files=PYVENV),
    "an environment that names a program": in_place(
        ".venv/bin/python",
        "evil",
        "python3.11",
        files={".venv/pyvenv.cfg": "home = ..\nexecutable = ./evil\nversion = 3.11.7"},
    ),
    "the editor's interpreter": settings("python.defaultInterpreterPath", "./evil"),
    "the editor's interpreter, absolute": settings("python.defaultInterpreterPath", "${workspaceFolder}/evil"),
    "the editor's variables": settings("rust-analyzer.cargo.extraEnv", {"PYO3_PYTHON": "./evil"}),
    "the server's variables": settings("rust-analyzer.server.extraEnv", {"PYO3_PYTHON": "EVIL"}),
    "cargo's variables": by_files(
        **{".cargo__config.toml": "[env]\nPYO3_PYTHON = { value = 'evil', relative = true }"}
    ),
    "cargo's compiler": by_files(**{".cargo__config.toml": "[build]\nrustc = './evil'"}),
    "cargo's compiler, in the old file": by_files(**{".cargo__config": "[build]\nrustc = 'EVIL'"}),
    "cargo's wrapper": by_files(**{".cargo__config.toml": "[build]\nrustc-wrapper = './evil'"}),
    "cargo's workspace wrapper": by_files(**{".cargo__config.toml": "[build]\nrustc-workspace-wrapper = 'EVIL'"}),
    "cargo's variables for rustc": by_files(**{".cargo__config.toml": "[env]\nRUSTC = 'EVIL'\nRUSTC_WRAPPER = 'EVIL'"}),
    "cargo's home": in_place("evil", files={CONFIG: "[build]\nrustc-wrapper = './evil'\nrustc = './evil'"}),
    "a toolchain's path": in_place(
        "chain/bin/rustc", "chain/bin/cargo", files={"rust-toolchain.toml": "[toolchain]\npath = './chain'"}
    ),
    "a toolchain's name": in_place("chain/bin/rustc", "chain/bin/cargo", files={"rust-toolchain": "./chain"}),
    "a toolchain's channel": in_place(
        "chain/bin/rustc", files={"rust-toolchain.toml": "[toolchain]\nchannel = '../chain'"}
    ),
    "uv's pin": by_files(**{".python-version": "./evil"}),
    "uv's pin, absolute": by_files(**{".python-version": "EVIL"}),
    "uv's settings": by_files(**{"uv.toml": "python-install-mirror = 'EVIL'", ".env": "UV_PYTHON=./evil"}),
    "PATH": by_variables(PATH=f"PROJECT/bin{os.pathsep}{os.environ['PATH']}"),
    "PATH, relative": by_variables(PATH=f"bin{os.pathsep}.{os.pathsep}{os.pathsep}{os.environ['PATH']}"),
    "PATH, by a way round": by_variables(PATH=f"PROJECT/../fares/./bin{os.pathsep}{os.environ['PATH']}"),
    "VIRTUAL_ENV": by_variables(VIRTUAL_ENV="PROJECT"),
    "CONDA_PREFIX": by_variables(CONDA_PREFIX="PROJECT"),
    "PYO3_PYTHON": by_variables(PYO3_PYTHON="PROJECT/bin/python"),
    "UV_PYTHON": by_variables(UV_PYTHON="PROJECT/bin/python"),
    "RUSTC_WRAPPER": by_variables(RUSTC_WRAPPER="PROJECT/bin/rustc", RUSTC="PROJECT/bin/rustc"),
    "RUSTUP_HOME": by_variables(RUSTUP_HOME="PROJECT"),
    "RUSTUP_TOOLCHAIN": by_variables(RUSTUP_TOOLCHAIN="PROJECT/toolchains/stable"),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_project_is_started(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(tmp_path / "fares", {"Cargo.toml": CARGO, "Cargo.lock": LOCK, "src/lib.rs": ""})
    evil(project / "evil")
    environment = {name: text for name, text in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    environment |= {"TRACE": str(tmp_path / "ran"), **WAYS[way](project)}
    if way == "cargo's home":
        environment["CARGO_HOME"] = str(project / ".cargo")
    monkeypatch.chdir(project)
    survey(project, environment, whole=way.startswith("PATH"))
    ask_cargo(project / "Cargo.toml", environment)
    assert not (tmp_path / "ran").exists()


def test_the_trace_is_left_by_what_is_started(tmp_path: Path) -> None:
    evil(tmp_path / "bin/uv")
    environment = {"PATH": str(tmp_path / "bin"), "TRACE": str(tmp_path / "ran")}
    programs_for(tmp_path / "project", environment).run("uv", "--version")
    assert (tmp_path / "ran").read_text(encoding="utf-8").endswith("/bin/uv --version\n")


def test_an_environment_is_asked_through_the_python_that_it_was_made_with(tmp_path: Path) -> None:
    place = write(tmp_path / "fares", FILES) / ".venv"
    venv.create(place, with_pip=False, symlinks=True)
    base = Path(sys.base_prefix, "bin")
    programs = programs_for(place.parent, {"PATH": str(base)})
    interpreter = probe(place / "bin/python", programs)
    assert interpreter
    assert interpreter.prefix == place
    assert interpreter.version.release == sys.version_info[:3]
    # What stands in its place is not started: the environment is still what its files say.
    (place / "bin/python").unlink()
    program(place / "bin/python", "exit 1")
    assert probe(place / "bin/python", programs) == interpreter


@pytest.mark.parametrize("version", ["3.12.1", ""])
def test_what_is_not_started_is_said(version: str, tmp_path: Path) -> None:
    project = write(tmp_path / "fares", {".venv/pyvenv.cfg": f"home = /nowhere\nversion = {version}\n"})
    python = program(project / ".venv/bin/python", "exit 0")
    machine = survey(project, {"PATH": f"{project}/bin:/usr/bin:/bin", "HOME": str(tmp_path)}, whole=False)
    choice = machine.choice("maturin develop")
    assert choice
    assert choice.python == python
    assert version in machine.refusals[str(python)]


def test_the_version_of_a_tool_of_the_project_is_read_from_its_files(tmp_path: Path) -> None:
    tool = program(tmp_path / ".venv/bin/maturin", "exit 0")
    write(tmp_path, {".venv/pyvenv.cfg": "", ".venv/lib/python3.11/site-packages/maturin-1.9.4.dist-info/METADATA": ""})
    machine = survey(tmp_path, {"PATH": f"{tool.parent}:{os.environ['PATH']}"}, whole=False)
    assert str(machine.versions["maturin"]) == "1.9.4"


@pytest.mark.parametrize(
    ("text", "name", "refused"),
    [
        ("[toolchain]\nchannel = '1.85'", "1.85", False),
        ("[toolchain]\nchannel = 'nightly-2026-01-02'\ncomponents = ['miri']", "nightly-2026-01-02", False),
        ("[toolchain]\npath = '/opt/rust'", None, True),
        ("[toolchain]\nchannel = '/opt/rust'", None, True),
        ("[toolchain]\ncomponents = ['miri']", None, False),
        ("[[[", None, False),
    ],
)
def test_a_toolchain_is_taken_by_its_name_only(text: str, name: str | None, refused: bool, tmp_path: Path) -> None:
    program(tmp_path / "bin/rustup")
    write(tmp_path / "fares", {"rust-toolchain.toml": text})
    environment = {"PATH": str(tmp_path / "bin"), "RUSTUP_HOME": str(tmp_path / "rustup")}
    toolchain = choose_toolchain(tmp_path / "fares", programs_for(tmp_path / "fares", environment))
    assert (toolchain.name, bool(toolchain.refusal)) == (name, refused)


def test_the_users_own_choice_of_a_toolchain_goes_first(tmp_path: Path) -> None:
    program(tmp_path / "bin/rustup")
    project = write(tmp_path / "fares", {"rust-toolchain": "1.85"})
    write(tmp_path / "rustup", {"settings.toml": f'[overrides]\n"{project}" = "nightly"\n'})
    environment = {"PATH": str(tmp_path / "bin"), "RUSTUP_HOME": str(tmp_path / "rustup")}
    assert choose_toolchain(project, programs_for(project, environment)).name == "nightly"
    environment["RUSTUP_TOOLCHAIN"] = "beta"
    assert choose_toolchain(project, programs_for(project, environment)).name == "beta"


@pytest.mark.parametrize(("pin", "version"), [("3.12.1", "3.12.1"), ("3.12", "3.12.10"), ("../../evil", "3.11.9")])
def test_pyenv_chooses_by_name(pin: str, version: str, tmp_path: Path) -> None:
    root = tmp_path / "pyenv"
    names = ("shims", "versions/3.11.9/bin", "versions/3.12.1/bin", "versions/3.12.10/bin")
    shim, *_ = [program(root / name / "python") for name in names]
    write(root, {"version": "3.11.9\n"})
    project = write(tmp_path / "fares", {".python-version": f"{pin}\n"})
    expected = shim if pin.startswith(".") else root / f"versions/{version}/bin/python"
    assert behind_shim(shim, project, {"PYENV_ROOT": str(root)}) == expected


def test_cargo_is_told_where_crates_and_builds_are(tmp_path: Path) -> None:
    config = "[build]\ntarget-dir = 'out'\n[source.crates-io]\nreplace-with = 'own'\n[source.own]\ndirectory = 'own'\n"
    project = write(tmp_path, {"Cargo.toml": CARGO, "Cargo.lock": LOCK, "src/lib.rs": "", CONFIG: config, "own/x": ""})
    cargo_metadata = ask_cargo(
        project / "Cargo.toml", {name: text for name, text in os.environ.items() if "TARGET" not in name}
    )
    assert cargo_metadata
    assert cargo_metadata.problem is None
    assert cargo_metadata.target == project / "out"


def test_looking_upwards_ends_at_the_repository_and_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    inner = tmp_path / "home/code/fares/src"
    inner.mkdir(parents=True)
    assert list(upwards(inner)) == [inner, inner.parent, tmp_path / "home/code", tmp_path / "home"]
    write(tmp_path, {"home/.git/HEAD": ""})
    assert top_of(inner) == inner
    write(inner.parent, {".git": "gitdir: elsewhere"})
    assert list(upwards(inner)) == [inner, inner.parent]
    assert top_of(inner) == inner.parent


def test_looking_upwards_ends_at_a_folder_that_all_may_write_to(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    inner = shared / "mine/src"
    inner.mkdir(parents=True)
    shared.chmod(0o1777)
    assert list(upwards(inner)) == [inner, inner.parent]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_looking_upwards_ends_at_a_folder_of_another_owner(tmp_path: Path) -> None:
    inner = tmp_path / "theirs/mine/src"
    inner.mkdir(parents=True)
    os.chown(tmp_path / "theirs", 65534, 65534)
    assert list(upwards(inner)) == [inner, inner.parent]
