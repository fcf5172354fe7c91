"""The few things asked of the `git` program outside of Copier."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from scaffolder.errors import ScaffolderError

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
    try:
        done = subprocess.run(command, cwd=folder, input=data or b"", env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        require_git()
        raise
    if done.returncode not in codes:
        raise GitError(f"`{' '.join(command[:4])}` failed: {last_line(done.stderr.decode(errors='replace'))}")
    return done.stdout


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
