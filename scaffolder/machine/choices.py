"""Which Python each tool takes, and why: the rules of PyO3's build script, of maturin, uv and the editor."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.uv_workspace import uv_root
from scaffolder.machine.cargo_config import read_config
from scaffolder.machine.interpreters import NAME, python_in
from scaffolder.machine.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNSET = "neither `VIRTUAL_ENV` nor `CONDA_PREFIX` is set, and there is no `.venv`"


@dataclass(frozen=True)
class Choice:
    """The Python that a tool takes.

    Attributes:
        tool: `cargo`.
        python: The program; none if it finds none.
        why: The rule that decided.
        source: The variable or setting that decided; empty if none did.
        settled: Whether it takes just this one, not an environment that it is going to make.
        needed: Whether it runs one at all.
    """

    tool: str
    python: Path | None
    why: str
    settled: bool = True
    needed: bool = True
    source: str = ""


def choices(folder: Path, environment: Mapping[str, str]) -> tuple[Choice, ...]:
    """Work out which Python each tool takes.

    Args:
        folder: Where the tools are started.
        environment: What they find in their environment.
    """
    cargo = cargo_choice(folder, environment)
    return (
        cargo,
        maturin_choice(folder, environment),
        uv_choice(folder, environment),
        *editor_choices(folder, cargo, environment),
    )


def cargo_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python PyO3's build script takes."""
    tool, config = "cargo", read_config(folder, environment)
    if config.variable("PYO3_CONFIG_FILE", environment):
        return Choice(tool, None, "none: `PYO3_CONFIG_FILE` describes the Python to build for", needed=False)
    if config.variable("PYO3_NO_PYTHON", environment):
        return Choice(tool, None, "none: `PYO3_NO_PYTHON` is set", needed=False)
    if given := config.variable("PYO3_PYTHON", environment):
        why = f"in `{given.where}`" if given.where else "is set"
        return Choice(tool, _program(given.value, environment), f"`PYO3_PYTHON` {why}", source="PYO3_PYTHON")
    return _active_or_first(tool, environment)


def _active_or_first(tool: str, environment: Mapping[str, str]) -> Choice:
    """Return the Python of the active environment, or the first on `PATH` that is a Python 3."""
    active, conda = environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")
    if active and not conda:
        return Choice(tool, python_in(Path(active)), "`VIRTUAL_ENV` is set", source="VIRTUAL_ENV")
    if conda and not active:
        return Choice(tool, python_in(Path(conda)), "`CONDA_PREFIX` is set", source="CONDA_PREFIX")
    both = "`VIRTUAL_ENV` and `CONDA_PREFIX` are both set, so neither counts; " if active and conda else ""
    for name in ("python", "python3"):
        found = shutil.which(name, path=environment.get("PATH", ""))
        if found and _is_python_3(found, environment):
            return Choice(tool, Path(found), f"{both}the first `{name}` on `PATH`")
    return Choice(tool, None, f"{both}there is no `python` or `python3` on `PATH`")


def maturin_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python `maturin develop` installs into."""
    tool = "maturin develop"
    active, conda = environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")
    if active and conda and active != conda:
        return Choice(tool, None, "stops, because `VIRTUAL_ENV` and `CONDA_PREFIX` are both set")
    if active:
        return Choice(tool, python_in(Path(active)), "`VIRTUAL_ENV` is set", source="VIRTUAL_ENV")
    if conda:
        return Choice(tool, python_in(Path(conda)), "`CONDA_PREFIX` is set", source="CONDA_PREFIX")
    for above in (folder, *folder.parents):
        if (above / ".venv" / "pyvenv.cfg").is_file():
            return Choice(tool, python_in(above / ".venv"), "the nearest `.venv`", source=".venv")
    return Choice(tool, None, UNSET)


def uv_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python `uv run` takes in a project or its workspace; it ignores an active environment."""
    tool, root = "uv run", uv_root(folder)
    named = environment.get("UV_PROJECT_ENVIRONMENT")
    place = root / (named or ".venv")
    if (place / "pyvenv.cfg").is_file():
        why = "`UV_PROJECT_ENVIRONMENT` is set" if named else "the project's `.venv`"
        return Choice(tool, python_in(place), why, source="UV_PROJECT_ENVIRONMENT" if named else ".venv")
    if environment.get("UV_PYTHON"):
        why = "`UV_PYTHON` is set"
    elif any((place / ".python-version").is_file() for place in (folder, root)):
        why = "`.python-version` asks for it"
    else:
        why = "the first that `requires-python` allows"
    done = run(["uv", "python", "find", "--system"], environment, folder)
    if done is None:
        return Choice(tool, None, "uv is not installed")
    if done.code != 0:
        return Choice(tool, None, "none that is installed will do; uv downloads one, if it may")
    return Choice(tool, Path(done.output.strip()), f"{why}; `.venv` is made with it", settled=False)


def editor_choices(folder: Path, cargo: Choice, environment: Mapping[str, str]) -> Iterator[Choice]:
    """Tell which Python rust-analyzer builds with, and which one VS Code runs."""
    settings = _settings(folder / ".vscode" / "settings.json")
    extra: dict[str, Any] = {}
    for key in ("rust-analyzer.cargo.extraEnv", "rust-analyzer.server.extraEnv"):
        found = settings.get(key)
        extra |= found if isinstance(found, dict) else {}
    given = extra.get("PYO3_PYTHON")
    if given:
        why = "`extraEnv` in `.vscode/settings.json`"
        yield Choice("rust-analyzer", _in_folder(str(given), folder, environment), why, source="extraEnv")
    else:
        why = "as cargo, if the editor was started from this shell"
        yield Choice("rust-analyzer", cargo.python, why, source=cargo.source)
    if python := settings.get("python.defaultInterpreterPath"):
        why = "`python.defaultInterpreterPath` in `.vscode/settings.json`"
        yield Choice("VS Code", _in_folder(str(python), folder, environment), why, source="defaultInterpreterPath")


def _settings(path: Path) -> dict[str, Any]:
    """Read an editor's settings: JSON with comments."""
    if not path.is_file():
        return {}
    import json5

    try:
        found = json5.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _in_folder(text: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Return the Python that an editor's setting names; an environment stands for its Python."""
    for name, value in (("workspaceFolder", folder), ("userHome", Path.home())):
        text = text.replace(f"${{{name}}}", str(value))
    text = re.sub(r"\$\{env:(\w+)\}", lambda match: environment.get(match[1], ""), text)
    path = folder / Path(text).expanduser()
    if NAME.fullmatch(text):
        return _program(text, environment)
    return python_in(path) if path.is_dir() or (path.suffix == "" and not path.name.startswith("python")) else path


def _program(text: str, environment: Mapping[str, str]) -> Path:
    """Return the program that a name or path stands for."""
    return Path(shutil.which(text, path=environment.get("PATH", "")) or text)


def _is_python_3(program: str, environment: Mapping[str, str]) -> bool:
    """Tell whether PyO3 takes a program for a Python 3, by what it says of its version."""
    done = run([program, "--version"], environment, Path.cwd())
    return done is not None and (done.output or done.errors).startswith(("Python 3", "GraalPy 3"))
