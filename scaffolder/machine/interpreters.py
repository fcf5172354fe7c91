"""The Python interpreters of a machine."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import Version

from scaffolder.anatomy.bounds import upwards
from scaffolder.files import Reader, UnreadableFileError, is_file, read_regular, real
from scaffolder.machine.programs import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.machine.programs import Programs

CONFIGURATION_LIMIT = 64 * 1024
VERSION_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
# The name of a program that takes Python's arguments.
PYTHON = re.compile(r"(python|pypy|graalpy)(\d+(\.\d+)*t?)?(\.exe)?", re.IGNORECASE)
NAME = re.compile(r"python(3(\.\d+t?)?)?(\.exe)?", re.IGNORECASE)

# Runs in the interpreter in question, which may be as old as any.
QUESTIONS = r"""
import json, os, platform, struct, sys, sysconfig
get = sysconfig.get_config_var
library = get("LDLIBRARY") or ""
folders = [get("LIBDIR"), get("LIBPL"), get("PYTHONFRAMEWORKPREFIX")]
folders += [os.path.join(sys.base_prefix, "libs"), sys.base_prefix]
names = [library, "python%d%d%s.lib" % (sys.version_info[:2] + ("t" if get("Py_GIL_DISABLED") else "",))]
paths = [os.path.join(f, n) for f in folders for n in names if f and n]
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "implementation": platform.python_implementation(),
    "prefix": sys.prefix,
    "machine": platform.machine(),
    "bits": struct.calcsize("P") * 8,
    "headers": os.path.isfile(os.path.join(sysconfig.get_path("include"), "Python.h")),
    "library": next((p for p in paths if os.path.isfile(p)), None),
    "free_threaded": bool(get("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python.

    Attributes:
        path: The program.
        version: Its version.
        implementation: `CPython`.
        prefix: Its environment's folder.
        machine: The processor that it is built for.
        bits: The size of its pointers.
        headers: Whether its C headers are installed.
        library: Its libpython, if it has one.
        free_threaded: Whether it has no GIL.
    """

    path: Path
    version: Version
    implementation: str
    prefix: Path
    machine: str
    bits: int
    headers: bool
    library: Path | None
    free_threaded: bool

    @property
    def name(self) -> str:
        """Its display name: `3.14.0t`, `PyPy 3.11.9`."""
        implementation = "" if self.implementation == "CPython" else f"{self.implementation} "
        return f"{implementation}{self.version}{'t' if self.free_threaded else ''}"

    @property
    def minor(self) -> Version:
        """Its version without the patch number."""
        return Version(f"{self.version.major}.{self.version.minor}")


def probe(path: Path, programs: Programs) -> Interpreter | None:
    """Ask a Python for its details; for a virtual environment, ask its base Python.

    Args:
        path: The program.
        programs: What may be started.

    Returns:
        Its details; nothing if it may not be started or is not a Python.
    """
    environment = environment_of(path)
    program = base_python(environment, path, programs) if environment else path
    # Without `site`, nothing that was installed into it runs.
    done = programs.run(program, "-I", "-S", "-c", QUESTIONS) if program else None
    try:
        answer = json.loads(done.output) if done and done.code == 0 else None
        return _interpreter(path, environment, answer) if answer else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None  # another program of that name


def _interpreter(path: Path, environment: Path | None, answer: dict[str, Any]) -> Interpreter:
    library = answer.pop("library")
    prefix = Path(answer.pop("prefix"))
    return Interpreter(
        path=path,
        version=Version(answer.pop("version")),
        prefix=environment or prefix,
        library=Path(library) if library else None,
        **answer,
    )


def environment_of(path: Path) -> Path | None:
    """Return the virtual environment that a Python is in, by its `pyvenv.cfg`."""
    return next((place for place in (path.parent.parent, path.parent) if is_file(place / "pyvenv.cfg")), None)


def base_python(environment: Path, path: Path, programs: Programs) -> Path | None:
    """Return the base Python of a virtual environment, if it belongs to the user.

    Args:
        environment: The environment's folder, whose `pyvenv.cfg` is not trusted.
        path: Its Python, there or not.
        programs: What may be started.
    """
    if not is_file(path):
        return None  # the environment is broken
    settings = read_environment(environment)
    home = Path(settings.get("home", ""))
    minor = ".".join(settings.get("version", settings.get("version_info", "")).split(".")[:2])
    named = (home / f"python{minor}", home / "python3", home / "python", home / "python.exe")
    for program in (real(path), Path(settings.get("executable", "")), *named):
        if PYTHON.fullmatch(program.name) and programs.allow(program):
            return program
    return None


def read_environment(environment: Path) -> dict[str, str]:
    """Read a `pyvenv.cfg`."""
    try:
        text = read_regular(environment / "pyvenv.cfg", CONFIGURATION_LIMIT).decode("utf-8", "replace")
    except UnreadableFileError:
        return {}
    lines = (line.partition("=") for line in text.replace("\0", "").splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def installed_pythons(programs: Programs) -> Iterator[Path]:
    """Yield the Pythons on PATH, and pyenv's."""
    pyenv = pyenv_root(programs.environment)
    for folder in programs.folders:
        # Those in `shims` are scripts that stand for the others.
        if folder != pyenv / "shims":
            yield from _pythons(folder)
    for home in sorted(pyenv.glob("versions/*")):
        yield python_in(home)


def pyenv_root(environment: Mapping[str, str]) -> Path:
    """Return pyenv's folder, there or not."""
    return Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")


def behind_shim(shim: Path, folder: Path, environment: Mapping[str, str]) -> Path:
    """Return the Python behind a pyenv shim, which reads files of the project; any other program as it is.

    Args:
        shim: The program.
        folder: Where it would be started.
        environment: The environment's variables.
    """
    root = pyenv_root(environment)
    if shim.parent != root / "shims":
        return shim
    files = (*(place / ".python-version" for place in upwards(folder)), root / "version")
    texts = [environment.get("PYENV_VERSION", "").replace(":", " ")]
    texts += [(Reader().read(path, CONFIGURATION_LIMIT) or b"").decode("utf-8", "replace") for path in files]
    names = next((text.split() for text in texts if text.split()), [])
    # pyenv takes `3.11` for the newest 3.11 that is there.
    plain = (name for name in names if VERSION_NAME.fullmatch(name))
    homes = (home for name in plain for home in (root / "versions" / name, *_newest(root, name)))
    return next((home / "bin" / shim.name for home in homes if is_file(home / "bin" / shim.name)), shim)


def _newest(root: Path, name: str) -> list[Path]:
    homes = [home for home in root.glob("versions/*") if home.name.startswith(f"{name}.")]
    return sorted(homes, key=lambda home: [int(part) for part in re.findall(r"\d+", home.name)], reverse=True)


def _pythons(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (names are enough, and folders on PATH are large)
    except OSError:
        return
    yield from (folder / name for name in names if NAME.fullmatch(name))


def python_in(environment_folder: Path) -> Path:
    """Return the path of an environment's Python."""
    if not WINDOWS:
        return environment_folder / "bin" / "python"
    inside = environment_folder / "Scripts" / "python.exe"
    return inside if is_file(inside) else environment_folder / "python.exe"
