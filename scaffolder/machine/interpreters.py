"""The Pythons of a machine."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import Version

from scaffolder.machine.programs import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WINDOWS = os.name == "nt"
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
        headers: Whether C's headers for it are there.
        library: Its libpython, if that is there.
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
        """What it is called: `3.14.0t`, `PyPy 3.11.9`."""
        implementation = "" if self.implementation == "CPython" else f"{self.implementation} "
        return f"{implementation}{self.version}{'t' if self.free_threaded else ''}"

    @property
    def minor(self) -> Version:
        """Its version without the last part."""
        return Version(f"{self.version.major}.{self.version.minor}")


def probe(path: Path, environment: Mapping[str, str]) -> Interpreter | None:
    """Ask a Python what it is.

    Args:
        path: The program.
        environment: What it finds in its environment.
    """
    done = run([str(path), "-I", "-c", QUESTIONS], environment, path.parent)
    if done is None or done.code != 0:
        return None
    try:
        said = json.loads(done.output)
    except ValueError:
        return None
    library = said.pop("library")
    return Interpreter(
        path=path,
        version=Version(said.pop("version")),
        prefix=Path(said.pop("prefix")),
        library=Path(library) if library else None,
        **said,
    )


def installed(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the Pythons on PATH, and pyenv's."""
    pyenv = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for folder in environment.get("PATH", "").split(os.pathsep):
        # Those in `shims` are scripts that stand for the others.
        if folder and Path(folder) != pyenv / "shims":
            yield from _pythons(Path(folder))
    for home in sorted(pyenv.glob("versions/*")):
        yield python_in(home)


def _pythons(folder: Path) -> Iterator[Path]:
    """Yield the Pythons in a folder."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208  (names are enough, and folders on PATH are large)
    except OSError:
        return
    yield from (folder / name for name in names if NAME.fullmatch(name))


def python_in(environment_folder: Path) -> Path:
    """Return where an environment has its Python."""
    if not WINDOWS:
        return environment_folder / "bin" / "python"
    inside = environment_folder / "Scripts" / "python.exe"
    return inside if inside.exists() else environment_folder / "python.exe"
