"""The commands to type next, for this machine's shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path


def next_steps(destination: Path, python_min: str, *, lints: bool = True) -> tuple[str, ...]:
    """Return the commands that enter, build and test, and check a new project.

    Args:
        destination: The project's folder as the user wrote it.
        python_min: The oldest Python that it supports.
        lints: Whether it has a session `lint`.
    """
    folder = destination if destination.resolve() != Path.cwd() else destination.resolve()
    enter = f"cd {quote(str(folder))}"
    if shutil.which("uv"):
        return (enter, "uv run pytest", *(["uv run nox -s lint"] if lints else []))
    python, then = find_python(python_min), ";" if os.name == "nt" else " &&"
    own = r".venv\Scripts\python" if os.name == "nt" else ".venv/bin/python"
    return (
        enter,
        f"{python} -m venv .venv{then} {own} -m pip install --quiet --upgrade pip",
        f"{own} -m pip install --quiet --group dev --editable .{then} {own} -m pytest",
    )


def quote(text: str) -> str:
    """Quote an argument for a POSIX shell, or for PowerShell."""
    if os.name != "nt":
        return shlex.quote(text)
    return text if all(char.isalnum() or char in r"._-:\/" for char in text) else "'" + text.replace("'", "''") + "'"


def find_python(oldest: str) -> str:
    """Return the name of a recent enough Python on PATH, or the expected one."""
    wanted = tuple(map(int, oldest.split(".")))
    names = ("python", "py") if os.name == "nt" else ("python3", "python")
    return next((name for name in names if python_version(name) >= wanted), f"python{oldest}")


def python_version(name: str) -> tuple[int, ...]:
    """Return the version of a Python on PATH, or nothing."""
    path = shutil.which(name)
    if path is None:
        return ()
    # Most are links to a file with the version in its name, which is quicker than asking.
    if named := re.search(r"python(\d+)\.(\d+)$", os.path.realpath(path)):
        return int(named[1]), int(named[2])
    code = "import sys; print(*sys.version_info[:2])"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else ()
