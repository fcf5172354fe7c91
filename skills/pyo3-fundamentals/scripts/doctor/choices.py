"""Which Python each tool takes, and why: the rules of PyO3's build script, of maturin, uv and the editor."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.interpreters import python_in
from doctor.manifests import read_toml
from doctor.programs import run
from scaffolder.errors import ScaffolderError

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
        settled: Whether it takes just this one, not an environment that it is going to make.
    """

    tool: str
    python: Path | None
    why: str
    settled: bool = True


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
        *editor_choices(folder, cargo),
    )


def cargo_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python PyO3's build script takes."""
    tool = "cargo"
    configured, forced, where = _cargo_setting(folder)
    given = environment.get("PYO3_PYTHON")
    if configured and (forced or not given):
        return Choice(tool, _program(configured, environment), f"`PYO3_PYTHON` in `{where}`")
    if given:
        return Choice(tool, _program(given, environment), "`PYO3_PYTHON` is set")
    active, conda = environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")
    if active and not conda:
        return Choice(tool, python_in(Path(active)), "`VIRTUAL_ENV` is set")
    if conda and not active:
        return Choice(tool, python_in(Path(conda)), "`CONDA_PREFIX` is set")
    both = "`VIRTUAL_ENV` and `CONDA_PREFIX` are both set, so neither counts; " if active and conda else ""
    for name in ("python", "python3"):
        if found := shutil.which(name, path=environment.get("PATH", "")):
            return Choice(tool, Path(found), f"{both}the first `{name}` on `PATH`")
    return Choice(tool, None, f"{both}there is no `python` or `python3` on `PATH`")


def maturin_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python `maturin develop` installs into."""
    tool = "maturin develop"
    active, conda = environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")
    if active and conda:
        return Choice(tool, None, "stops, because `VIRTUAL_ENV` and `CONDA_PREFIX` are both set")
    if active:
        return Choice(tool, python_in(Path(active)), "`VIRTUAL_ENV` is set")
    if conda:
        return Choice(tool, python_in(Path(conda)), "`CONDA_PREFIX` is set")
    for above in (folder, *folder.parents):
        if (above / ".venv" / "pyvenv.cfg").is_file():
            return Choice(tool, python_in(above / ".venv"), "the nearest `.venv`")
    return Choice(tool, None, UNSET)


def uv_choice(folder: Path, environment: Mapping[str, str]) -> Choice:
    """Tell which Python `uv run` takes in a project; it ignores an active environment."""
    tool = "uv run"
    named = environment.get("UV_PROJECT_ENVIRONMENT")
    place = folder / (named or ".venv")
    if (place / "pyvenv.cfg").is_file():
        return Choice(tool, python_in(place), "`UV_PROJECT_ENVIRONMENT` is set" if named else "the project's `.venv`")
    if environment.get("UV_PYTHON"):
        why = "`UV_PYTHON` is set"
    elif (folder / ".python-version").is_file():
        why = "`.python-version` asks for it"
    else:
        why = "the first that `requires-python` allows"
    done = run(["uv", "python", "find", "--system"], environment, folder)
    if done is None:
        return Choice(tool, None, "uv is not installed")
    if done.code != 0:
        return Choice(tool, None, "none that is installed will do; uv downloads one, if it may")
    return Choice(tool, Path(done.output.strip()), f"{why}; `.venv` is made with it", settled=False)


def editor_choices(folder: Path, cargo: Choice) -> Iterator[Choice]:
    """Tell which Python rust-analyzer builds with, and which one VS Code runs."""
    settings = _settings(folder / ".vscode" / "settings.json")
    extra: dict[str, Any] = {}
    for key in ("rust-analyzer.cargo.extraEnv", "rust-analyzer.server.extraEnv"):
        extra |= settings.get(key) or {}
    given = extra.get("PYO3_PYTHON")
    if given:
        why = "`extraEnv` in `.vscode/settings.json`"
        yield Choice("rust-analyzer", _in_folder(str(given), folder), why)
    else:
        yield Choice("rust-analyzer", cargo.python, "as cargo, if the editor was started from this shell")
    if python := settings.get("python.defaultInterpreterPath"):
        why = "`python.defaultInterpreterPath` in `.vscode/settings.json`"
        yield Choice("VS Code", _in_folder(str(python), folder), why)


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


def _in_folder(text: str, folder: Path) -> Path:
    """Return the Python that an editor's setting names; an environment stands for its Python."""
    path = folder / text.replace("${workspaceFolder}", str(folder))
    return python_in(path) if path.is_dir() or (path.suffix == "" and not path.name.startswith("python")) else path


def _program(text: str, environment: Mapping[str, str]) -> Path:
    """Return the program that a name or path stands for."""
    return Path(shutil.which(text, path=environment.get("PATH", "")) or text)


def _cargo_setting(folder: Path) -> tuple[str | None, bool, str]:
    """Return the `PYO3_PYTHON` that cargo's configuration sets, whether it goes first, and where it is."""
    for above in (folder, *folder.parents):
        for path in (above / ".cargo" / "config.toml", above / ".cargo" / "config"):
            if path.is_file() and (value := _environment_of(path).get("PYO3_PYTHON")):
                table = value if isinstance(value, dict) else {"value": value}
                text = str(table.get("value", ""))
                return str(above / text) if table.get("relative") else text, bool(table.get("force")), str(path)
    return None, False, ""


def _environment_of(path: Path) -> dict[str, Any]:
    """Return the variables that a cargo configuration sets."""
    try:
        found: dict[str, Any] = read_toml(path).get("env", {})
    except ScaffolderError:
        return {}
    return found
