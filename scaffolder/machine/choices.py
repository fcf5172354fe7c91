"""Which Python each tool uses, and why: the rules of PyO3's build script, maturin, uv and the editor."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.anatomy.bounds import upwards
from scaffolder.anatomy.manifests import PIN, read_manifests, read_pin, table_of, uv_root
from scaffolder.errors import UsageError
from scaffolder.files import Reader, is_file, is_folder
from scaffolder.machine.cargo_config import Variable, read_config
from scaffolder.machine.interpreters import NAME, behind_shim, environment_of, python_in
from scaffolder.machine.programs import Programs, programs_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.anatomy.manifests import Manifests

SETTINGS_LIMIT = 256 * 1024
BOTH = "`VIRTUAL_ENV` and `CONDA_PREFIX` are both set, so neither is used"
UNSET = "neither `VIRTUAL_ENV` nor `CONDA_PREFIX` is set, and there is no `.venv`"
# What uv is asked for by a `.python-version`: a version, not the path of a program, which it would run.
REQUEST = re.compile(
    r"(cpython|pypy|graalpy|python)?[-@]?\d+(\.\d+)*([a-z]+\d*)?(\+[a-z]+)?[-\w]*|cpython|pypy|graalpy"
    r"|[<>=!~][<>=!~\d.,* ]*",
    re.IGNORECASE,
)
# Variables of uv's that name a program, a configuration or a project.
OF_UV = ("UV_PYTHON", "UV_CONFIG_FILE", "UV_ENV_FILE", "UV_PROJECT", "UV_WORKING_DIRECTORY", "UV_WORKING_DIR")
# A text is passed over, a comment goes, and so does a comma before the end of a list. Each matches without an end, too:
# else the search would start again at every quote.
COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
LAST_COMMA = re.compile(r'("(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])', re.DOTALL)


@dataclass(frozen=True)
class InterpreterChoice:
    """The Python that a tool uses.

    Attributes:
        tool: `cargo`.
        python: The program; none if it finds none.
        why: The rule that decided, in words.
        is_final: Whether it uses exactly this one, not an environment that is still to be made.
        needed: Whether it needs a Python at all.
        source: The variable, file or setting that decided; empty if none did.
    """

    tool: str
    python: Path | None
    why: str
    is_final: bool = True
    needed: bool = True
    source: str = ""


def choose_interpreters(
    folder: Path, environment: Mapping[str, str], manifests: Manifests | None = None
) -> tuple[InterpreterChoice, ...]:
    """Return which Python each tool uses.

    Args:
        folder: Where the tools are started.
        environment: The tools' environment variables.
        manifests: What says how the project there is built, if that has been read.
    """
    cargo = cargo_choice(folder, environment)
    return (
        cargo,
        maturin_choice(folder, environment),
        uv_choice(folder, environment, manifests),
        *editor_choices(folder, cargo, environment),
    )


def cargo_choice(folder: Path, environment: Mapping[str, str]) -> InterpreterChoice:
    """Return which Python PyO3's build script uses."""
    tool, config = "cargo", read_config(folder, environment)
    for name, why in (("PYO3_CONFIG_FILE", "describes the Python to build for"), ("PYO3_NO_PYTHON", "is set")):
        if config.variable(name, environment):
            return InterpreterChoice(tool, None, f"none: `{name}` {why}", needed=False, source=name)
    if variable := config.variable("PYO3_PYTHON", environment):
        why = f"in `{variable.where}`" if variable.where else "is set"
        program = _program(variable.value, folder, environment)
        return InterpreterChoice(tool, program, f"`PYO3_PYTHON` {why}", source="PYO3_PYTHON")
    active = {
        name: variable
        for name in ("VIRTUAL_ENV", "CONDA_PREFIX")
        if (variable := config.variable(name, environment)) and variable.value
    }
    if len(active) == 1:
        ((name, variable),) = active.items()
        return _of_variable(tool, name, variable)
    return _first_on_path(tool, folder, environment, f"{BOTH}; " if active else "")


def _first_on_path(tool: str, folder: Path, environment: Mapping[str, str], because: str) -> InterpreterChoice:
    """Return the first on `PATH` that is a Python 3."""
    programs = programs_for(folder, environment)
    for name in ("python", "python3"):
        program = _program(name, folder, environment)
        if program.is_absolute() and _is_python_3(program, programs):
            return InterpreterChoice(tool, program, f"{because}the first `{name}` on `PATH`")
    return InterpreterChoice(tool, None, f"{because}there is no `python` or `python3` on `PATH`")


def _of_variable(tool: str, name: str, variable: Variable) -> InterpreterChoice:
    """Return the Python of an environment that a variable names."""
    why = f"in `{variable.where}`" if variable.where else "is set"
    place = Path(variable.value)
    # A project names its environment before anyone has made it.
    is_final = variable.where is None or is_folder(place)
    return InterpreterChoice(tool, python_in(place), f"`{name}` {why}", is_final=is_final, source=name)


def maturin_choice(folder: Path, environment: Mapping[str, str]) -> InterpreterChoice:
    """Return which Python `maturin develop` installs into."""
    tool = "maturin develop"
    active, conda = environment.get("VIRTUAL_ENV"), environment.get("CONDA_PREFIX")
    if active and conda and active != conda:
        why = "stops, because `VIRTUAL_ENV` and `CONDA_PREFIX` are both set"
        return InterpreterChoice(tool, None, why, source="VIRTUAL_ENV")
    if prefix := active or conda:
        return _of_variable(tool, "VIRTUAL_ENV" if active else "CONDA_PREFIX", Variable(prefix, None))
    for above in upwards(folder):
        if is_file(above / ".venv" / "pyvenv.cfg"):
            return InterpreterChoice(tool, python_in(above / ".venv"), "the nearest `.venv`", source=".venv")
    return InterpreterChoice(tool, None, UNSET)


def uv_choice(folder: Path, environment: Mapping[str, str], manifests: Manifests | None = None) -> InterpreterChoice:
    """Return which Python `uv run` uses in a project or its workspace; it ignores an active environment."""
    tool, root = "uv run", uv_root(folder)
    named = environment.get("UV_PROJECT_ENVIRONMENT")
    place = root / (named or ".venv")
    if is_file(place / "pyvenv.cfg"):
        why = "`UV_PROJECT_ENVIRONMENT` is set" if named else "the project's `.venv`"
        return InterpreterChoice(tool, python_in(place), why, source="UV_PROJECT_ENVIRONMENT" if named else ".venv")
    request, source, why = _request(folder, root, environment, manifests)
    if request and not REQUEST.fullmatch(request):
        # uv would run it, to see what it is.
        return InterpreterChoice(tool, folder / request, why, is_final=False, source=source)
    programs = programs_for(folder, environment)
    if programs.find("uv") is None:
        return InterpreterChoice(tool, None, "uv is not installed, or only inside the project")
    done = programs.run(
        "uv", "python", "find", "--system", "--no-project", *filter(None, [request]), **dict.fromkeys(OF_UV)
    )
    if done is None or done.code != 0:
        return InterpreterChoice(
            tool, None, "no installed Python is suitable; uv downloads one if it is allowed to", source=source
        )
    return InterpreterChoice(
        tool, Path(done.output.strip()), f"{why}; uv creates `.venv` with it", is_final=False, source=source
    )


def _request(
    folder: Path, root: Path, environment: Mapping[str, str], manifests: Manifests | None
) -> tuple[str | None, str, str]:
    """Return the Python that uv is asked for, what asks for it, and the rule in words."""
    if variable := environment.get("UV_PYTHON"):
        return variable, "UV_PYTHON", "`UV_PYTHON` is set"
    pins = (read_pin(place / PIN, Reader()) for place in dict.fromkeys((folder, root)))
    if pin := next((pin for pin in pins if pin), None):
        return pin, PIN, "`.python-version` asks for it"
    pyproject = (manifests or read_manifests(folder)).pyproject
    allowed = str(table_of(pyproject, "project").get("requires-python", ""))
    request = allowed if REQUEST.fullmatch(allowed) else None
    return request, "requires-python", "the first that `requires-python` allows"


def editor_choices(
    folder: Path, cargo: InterpreterChoice, environment: Mapping[str, str]
) -> Iterator[InterpreterChoice]:
    """Yield which Python rust-analyzer builds with, and which one VS Code runs."""
    settings = read_editor_settings(folder / ".vscode/settings.json")
    extra: dict[str, Any] = {}
    for key in ("rust-analyzer.cargo.extraEnv", "rust-analyzer.server.extraEnv"):
        extra |= table_of(settings, key)
    if path := extra.get("PYO3_PYTHON"):
        program = _in_folder(str(path), folder, environment)
        yield InterpreterChoice("rust-analyzer", program, "`extraEnv` in `.vscode/settings.json`", source="extraEnv")
    else:
        why = "as cargo, if the editor was started from this shell"
        yield InterpreterChoice("rust-analyzer", cargo.python, why, source=cargo.source)
    if python := settings.get("python.defaultInterpreterPath"):
        program = _in_folder(str(python), folder, environment)
        why = "`python.defaultInterpreterPath` in `.vscode/settings.json`"
        yield InterpreterChoice("VS Code", program, why, source="defaultInterpreterPath")


def read_editor_settings(path: Path) -> dict[str, Any]:
    """Read an editor's settings: JSON with comments."""
    text = (Reader().read(path, SETTINGS_LIMIT) or b"").decode("utf-8-sig", "replace")
    for pattern in (COMMENT, LAST_COMMA):
        text = pattern.sub(lambda match: match[1] or " ", text)
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return settings if isinstance(settings, dict) else {}


def _in_folder(text: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Return the Python that an editor setting names, directly or by its environment."""
    text = text.replace("\0", "")
    for name, value in (("workspaceFolder", folder), ("userHome", Path.home())):
        text = text.replace(f"${{{name}}}", str(value))
    text = re.sub(r"\$\{env:(\w+)\}", lambda match: environment.get(match[1], ""), text)
    path = folder / os.path.expanduser(text)  # noqa: PTH111  (which fails where there is no such user)
    if NAME.fullmatch(text):
        return _program(text, folder, environment)
    return python_in(path) if is_folder(path) or (path.suffix == "" and not path.name.startswith("python")) else path


def _program(text: str, folder: Path, environment: Mapping[str, str]) -> Path:
    """Find the program for a name or path, even one that the project brings: it is not started."""
    program = shutil.which(text, path=environment.get("PATH", ""))
    return behind_shim(Path(program), folder, environment) if program else Path(text)


def _is_python_3(program: Path, programs: Programs) -> bool:
    """Return whether PyO3 accepts a program as Python 3, by the version that it prints."""
    if environment_of(program) or not programs.allow(program):
        return is_file(program)  # which cargo would start, and this does not
    done = programs.run(program, "--version")
    return done is not None and (done.output or done.errors).startswith(("Python 3", "GraalPy 3"))


def python_for_import(name: str | None) -> Path:
    """Return the Python to import a module with: a program or an environment by name, else that of the project.

    Raises:
        UsageError: There is none.
    """
    if name is not None:
        path = python_in(Path(name)) if Path(name).is_dir() else Path(shutil.which(name) or name)
        if not path.is_file():
            raise UsageError(f"there is no Python `{name}`", "name a program or the folder of an environment")
        # A link to a Python outside stays one: it is the environment's.
        return Path(os.path.abspath(path))  # noqa: PTH100
    for choose in (maturin_choice, cargo_choice):
        program = choose(Path.cwd(), os.environ).python
        if program is not None and program.is_file():
            return program
    raise UsageError("there is no Python to import the module with", "pass `--python PATH`")
