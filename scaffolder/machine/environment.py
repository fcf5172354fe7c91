"""The Python environment that plugins are installed in: its folders, read without running anything that is in them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import upwards
from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.files import Reader, is_file, is_folder
from scaffolder.machine.interpreters import base_python, environment_of, python_in, read_environment
from scaffolder.machine.programs import neutral_folder, programs_for, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Runs without `site`, which would run the `.pth` files and `sitecustomize` of the environment. Without it, Pythons
# before 3.14 don't know that they are in an environment.
QUESTIONS = """
import importlib.machinery, json, os, site, sys
environment, is_open = sys.argv[1], sys.argv[2] == "true"
prefixes = [environment] if environment else []
if environment:
    sys.prefix = sys.exec_prefix = environment
if is_open:
    prefixes.append(sys.base_prefix)
user = site.getusersitepackages() if is_open and not os.environ.get("PYTHONNOUSERSITE") else ""
folders = [*filter(None, [user]), *site.getsitepackages(prefixes)]
print(json.dumps({"folders": folders, "suffixes": importlib.machinery.EXTENSION_SUFFIXES}))
"""


@dataclass(frozen=True)
class Environment:
    """A Python environment.

    Attributes:
        python: Its Python.
        name: What people call it: `.venv`.
        folders: Where its packages are, in the order in which Python searches.
        suffixes: What the names of its extension modules end with.
    """

    python: Path
    name: str
    folders: tuple[Path, ...]
    suffixes: tuple[str, ...]


def find_environment(name: str | None, project: Path, variables: Mapping[str, str]) -> Environment:
    """Find an environment: the one that is named, the project's, or the active one.

    Args:
        name: A Python, or the folder of an environment.
        project: The project's folder, or the current one.
        variables: The environment's variables.

    Raises:
        UsageError: There is none.
        ScaffolderError: Its Python does not run.
    """
    python = _named(name) if name else _default(project, variables)
    place = environment_of(python)
    settings = read_environment(place) if place else {}
    is_open = place is None or settings.get("include-system-site-packages", "").lower() == "true"
    # The Python that a virtual environment was made with knows as much, and is not the project's.
    base = base_python(place, python, programs_for(project, variables)) if place else python
    if base is None and name is None:
        hint = f"create the environment again, such as by `uv sync`, or trust it: `--python {python}`"
        raise ScaffolderError(f"the Python that `{place}` was made with is not one of the machine's", hint)
    command = [str(base or python), "-I", "-S", "-c", QUESTIONS, str(place or ""), str(is_open).lower()]
    # It takes no time; on a machine that is very busy more than 20 seconds were seen, and it would be called broken.
    done = run(command, variables, neutral_folder(), timeout=120)
    if done is None or done.code:
        hint = "create the environment again, such as by `uv sync`" if place else "name another: `--python PYTHON`"
        raise ScaffolderError(f"the Python `{base or python}` does not run", hint)
    try:
        details = json.loads(done.output)
    except ValueError as error:
        raise ScaffolderError(f"`{python}` is not a Python", "name another: `--python PYTHON`") from error
    first = (Path(text) for text in variables.get("PYTHONPATH", "").split(os.pathsep) if text)
    folders = dict.fromkeys([*first, *_with_links(map(Path, details["folders"]))])
    label = place or python
    return Environment(python, _short(label, project), tuple(filter(is_folder, folders)), tuple(details["suffixes"]))


def _named(name: str) -> Path:
    """Return the Python that a user names, by its path, its environment or a name on PATH."""
    place = Path(os.path.abspath(name))  # noqa: PTH100  (a link to a Python outside stays one)
    if is_folder(place):
        if not is_file(python_in(place)):
            raise UsageError(f"there is no Python in `{name}`", "name the folder of an environment, such as `.venv`")
        return python_in(place)
    program = place if is_file(place) else shutil.which(name)
    if program is None:
        raise UsageError(f"there is no Python `{name}`", "name a Python, or the folder of an environment")
    return Path(program)


def _default(project: Path, variables: Mapping[str, str]) -> Path:
    """Return the Python of the nearest `.venv`, or of the active environment."""
    above = (place / ".venv" for place in upwards(project))
    active = (Path(text) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if (text := variables.get(name)))
    for place in (project / (variables.get("UV_PROJECT_ENVIRONMENT") or ".venv"), *above, *active):
        if is_file(python_in(place)):
            return python_in(place)
    hint = "create it, such as by `uv sync`, or name a Python: `--python PYTHON`"
    raise UsageError(f"there is no environment for `{project}`, and none is active", hint)


def _with_links(folders: Iterator[Path]) -> Iterator[Path]:
    """Yield the folders, each with those that its `.pth` files add; the code in these is not run."""
    reader = Reader()
    for folder in folders:
        yield folder
        for entry in reader.entries(folder):
            if entry.name.endswith(".pth"):
                lines = (reader.read(folder / entry.name) or b"").decode("utf-8", "replace").splitlines()
                paths = (
                    line.strip() for line in lines if line.strip() and not line.startswith(("#", "import ", "import\t"))
                )
                yield from (place for path in paths if is_folder(place := folder / path))


def _short(path: Path, folder: Path) -> str:
    """Return a path inside a folder from there, and any other one whole."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
