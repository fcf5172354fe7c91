"""Run the user's programs, never one that the project brings."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.anatomy.bounds import is_inside, top_of
from scaffolder.files import is_file, real

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WINDOWS = os.name == "nt"
# Neither downloads anything behind the user's back.
QUIET = {"RUSTUP_AUTO_INSTALL": "0", "UV_PYTHON_DOWNLOADS": "never", "UV_OFFLINE": "1", "CARGO_TERM_COLOR": "never"}
# Where the user's tools live beside PATH: by variable, in the home folder, and on the system.
HOME_VARIABLES = ("CARGO_HOME", "RUSTUP_HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR")
HOME_FOLDERS = (
    ".cargo", ".rustup", ".pyenv", ".local", "bin", "miniconda3", "miniforge3", "mambaforge", "anaconda3", "Library",
    "AppData",
)  # fmt: skip
SYSTEM_FOLDERS = ("/usr", "/bin", "/opt", "/nix", "/snap", "/Library", "/Applications", "C:/Program Files")
# A program that has gone wrong, or was made to, must not take the machine along.
MEMORY_LIMIT = 4 * 1024**3


@dataclass(frozen=True)
class Done:
    """A finished program.

    Attributes:
        code: Its exit code.
        output: Its stdout.
        errors: Its stderr.
    """

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Programs:
    """The programs that may be started while a project is inspected.

    They are those in the absolute folders of `PATH`, and where the user's tools live, as far as that is outside of the
    project. They run in the system's top folder, where no configuration of the project's is found, and without the
    variables that lead into the project.

    Attributes:
        environment: The environment's variables.
        top: The project's folder, or its repository's: what lies there is the project's.
    """

    environment: Mapping[str, str]
    top: Path

    @cached_property
    def homes(self) -> tuple[Path, ...]:
        """The folders in which the user's tools live."""
        home = Path.home()
        named = [Path(value) for name in HOME_VARIABLES if (value := self.environment.get(name))]
        own = [home / name for name in HOME_FOLDERS]
        system = [Path(sys.base_prefix), *map(Path, SYSTEM_FOLDERS)]
        # In a home folder, and at the top of the system, the tools are inside, and not the project's.
        if home.is_relative_to(self.top):
            return (*own, *(path for path in system if path != self.top))
        return tuple(path for path in (*named, *own, *system) if path.is_absolute() and not is_inside(path, self.top))

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """The folders on `PATH` from which programs may be started."""
        places = (Path(text) for text in self.environment.get("PATH", "").split(os.pathsep) if text)
        return tuple(dict.fromkeys(place for place in places if place.is_absolute() and not self.is_brought(place)))

    @cached_property
    def variables(self) -> dict[str, str]:
        """The environment variables, without those that point into the project."""
        harmless = {name: text for name, text in self.environment.items() if name == "HOME" or not self._leads_in(text)}
        return {**harmless, "PATH": os.pathsep.join(map(str, self.folders)), **QUIET}

    def is_brought(self, path: Path) -> bool:
        """Return whether a program, or a folder of programs, belongs to the project."""
        if not is_inside(path, self.top):
            return False
        in_home = Path.home().is_relative_to(self.top)
        return not (in_home and any(is_inside(path, home) for home in self.homes))

    def _leads_in(self, text: str) -> bool:
        places = (Path(part) for part in text.split(os.pathsep))
        return any(place.is_absolute() and self.is_brought(place) for place in places)

    def allow(self, program: Path) -> bool:
        """Return whether a program may be started."""
        if not (program.is_absolute() and is_file(program) and os.access(program, os.X_OK)):
            return False
        is_installed = program.parent in self.folders or any(program.is_relative_to(home) for home in self.homes)
        return (
            is_installed
            and ".." not in program.parts
            and not self.is_brought(program)
            and not self.is_brought(real(program))
        )

    def find(self, name: str) -> Path | None:
        """Return the first program of this name that may be started."""
        names = (name, f"{name}.exe") if WINDOWS else (name,)
        return next(
            (path for folder in self.folders for file_name in names if self.allow(path := folder / file_name)), None
        )

    def run(self, name: str | Path, *arguments: str, **variables: str | None) -> Done | None:
        """Run one of the user's programs, outside the project.

        Args:
            name: The program's name, or its path.
            *arguments: Its arguments.
            **variables: Extra variables; none removes one.

        Returns:
            The finished program; nothing if it may not be started, does not exist or did not finish.
        """
        program = self.find(name) if isinstance(name, str) else name if self.allow(name) else None
        if program is None:
            return None
        environment = {name: text for name, text in {**self.variables, **variables}.items() if text is not None}
        return run([str(program), *arguments], environment, neutral_folder(), bounded=True)


def programs_for(folder: Path, environment: Mapping[str, str]) -> Programs:
    """Return the programs that may be started while a folder is inspected.

    Args:
        folder: The project's folder, or one without a project.
        environment: The environment's variables.
    """
    return Programs(environment, top_of(Path(os.path.abspath(folder))))  # noqa: PTH100  (a loop of links stays one)


def neutral_folder() -> Path:
    """Return a folder that only an administrator can write configuration to."""
    return Path(Path.cwd().anchor if not WINDOWS else os.environ.get("SYSTEMROOT", Path.home()))


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    timeout: float | None = 20,
    quiet: bool = True,
    bounded: bool = False,
) -> Done | None:
    """Run any program; return nothing if it does not exist or did not finish.

    Args:
        command: The program and its arguments.
        environment: Its environment variables.
        folder: Where it runs.
        timeout: When to give up, in seconds.
        quiet: Whether to keep it from downloading anything.
        bounded: Whether to limit its memory, where the system can.
    """
    variables = {**environment, **(QUIET if quiet else {})}
    pipe = subprocess.PIPE
    try:
        with subprocess.Popen(
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe,
            encoding="utf-8", errors="replace",
        ) as process:  # fmt: skip
            if bounded:
                _limit_memory(process.pid)
            try:
                output, errors = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return Done(process.returncode, output, errors)


def _limit_memory(pid: int) -> None:
    if sys.platform == "linux":
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
