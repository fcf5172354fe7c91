"""The few things asked of the `git` program outside of Copier."""

from __future__ import annotations

import os
import shutil
import subprocess
from subprocess import PIPE
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError
from scaffolder.signals import postponed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

# Set while git runs a hook: they would point every other git command at that repository.
REPOSITORY_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
)
# Seconds that an interrupted git has to remove what it began.
PATIENCE = 5


class GitError(ScaffolderError):
    """A git command that failed."""


def require_git() -> None:
    """Fail if there is no `git` program."""
    if shutil.which("git") is None:
        raise ScaffolderError("`git` was not found on PATH", "install git, then run the command again")


def run(
    *arguments: str,
    folder: Path,
    data: bytes | None = None,
    variables: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
) -> bytes:
    """Run a git command and return what it wrote.

    Args:
        *arguments: The command's arguments.
        folder: Where it runs.
        data: What it reads from stdin.
        variables: Environment variables on top of the process's own.
        codes: Exit codes that are no failure.

    Raises:
        GitError: The command failed, or there is no git.
    """
    environment = {name: value for name, value in os.environ.items() if name not in REPOSITORY_VARIABLES}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(variables or {})}
    command = ["git", *arguments]
    process = None
    try:
        # Interrupted while it starts, it would run on and nobody would know of it.
        with postponed():
            process = subprocess.Popen(command, cwd=folder, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        output, errors = process.communicate(data or b"")
    except FileNotFoundError:
        require_git()
        raise
    except BaseException:
        if process is not None:
            stop(process)
        raise
    if process.returncode not in codes:
        raise GitError(f"`{' '.join(command[:4])}` failed: {last_line(errors.decode(errors='replace'))}")
    return output


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a git command and what it started, and wait until nothing of it can write any more."""
    process.terminate()
    try:
        # Its pipes are open as long as one of its children has them.
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def options(settings: Mapping[str, str]) -> list[str]:
    """Return settings as arguments that go before a git command."""
    return [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]


def last_line(text: str) -> str:
    """Return the line in which git says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return ([*lines, *fatal] or ["no message"])[-1].removeprefix("fatal: ").removeprefix("error: ")


def author(folder: Path) -> dict[str, str]:
    """Return the name and email address that git would use, by question, as far as it knows them."""
    try:
        output = run("config", "-z", "--get-regexp", r"^user\.(name|email)$", folder=folder).decode("utf-8", "replace")
    except GitError:
        output = ""
    configured = dict(entry.split("\n", 1) for entry in output.split("\0") if "\n" in entry)
    found = {
        "author_name": os.environ.get("GIT_AUTHOR_NAME") or configured.get("user.name"),
        "author_email": os.environ.get("GIT_AUTHOR_EMAIL") or configured.get("user.email"),
    }
    return {question: value for question, value in found.items() if value}
