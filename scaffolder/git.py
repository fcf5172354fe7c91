"""Run the `git` program."""

from __future__ import annotations

import os
import shutil
import subprocess
from subprocess import PIPE
from typing import TYPE_CHECKING, Literal

from scaffolder.errors import ScaffolderError
from scaffolder.signals import defer_signals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

# The variables of git's own that say who the user is and how the network is reached. All the others would change which
# repository a command works on, or what it prints: git sets some of them while it runs a hook.
USER_VARIABLES = (
    "GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_AUTHOR_", "GIT_CEILING_DIRECTORIES", "GIT_COMMITTER_", "GIT_CONFIG",
    "GIT_CURL_", "GIT_DEFAULT_", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH", "GIT_HTTP_", "GIT_PROTOCOL",
    "GIT_PROXY_", "GIT_SSH", "GIT_SSL_", "GIT_TEMPLATE_DIR", "GIT_TRACE",
)  # fmt: skip
# What a repository's own settings would have every command run, or keep it from seeing.
SETTINGS = {"core.fsmonitor": "false", "core.hooksPath": os.devnull, "core.ignoreStat": "false"}
# How a repository of another user's is allowed.
TRUST = "git config --global --add safe.directory "
# Seconds that an interrupted git has to remove what it began.
PATIENCE = 5


class GitError(ScaffolderError):
    """A git command that failed.

    Args:
        message: Which command, and why.
        hint: The next step, where git names one.
        kind: What went wrong, where callers need to know.
    """

    def __init__(
        self, message: str, hint: str | None = None, kind: Literal["failure", "no repository"] = "failure"
    ) -> None:
        super().__init__(message, hint)
        self.kind = kind


def require_git() -> None:
    """Fail unless `git` is installed."""
    if shutil.which("git") is None:
        raise ScaffolderError("`git` was not found on PATH", "install git, then run the command again")


def run(
    *arguments: str,
    folder: Path,
    data: bytes | None = None,
    variables: Mapping[str, str] | None = None,
    codes: Collection[int] = (0,),
) -> bytes:
    """Run a git command and return its output.

    Args:
        *arguments: The command's arguments.
        folder: Where it runs.
        data: What it reads from stdin.
        variables: Environment variables on top of the process's own.
        codes: Exit codes that mean success.

    Raises:
        GitError: The command failed, or there is no git.
    """
    foreign = foreign_variables(os.environ)
    environment = {name: value for name, value in os.environ.items() if name not in foreign}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(variables or {})}
    command = ["git", *options(SETTINGS), *arguments]
    process = None
    try:
        # Interrupted while it starts, it would run on and nobody would know of it.
        with defer_signals():
            process = subprocess.Popen(command, cwd=folder, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        output, errors = process.communicate(data or b"")
    except OSError as error:
        require_git()
        raise ScaffolderError(f"git can't be run in `{folder}`: {error.strerror}") from error
    except BaseException:
        if process is not None:
            stop(process)
        raise
    if process.returncode not in codes:
        raise failure(arguments, errors.decode(errors="replace"))
    return output


def foreign_variables(environment: Iterable[str]) -> set[str]:
    """Return the variables that would point a git command elsewhere."""
    return {name for name in environment if name.startswith("GIT_") and not name.startswith(USER_VARIABLES)}


def failure(arguments: Collection[str], errors: str) -> GitError:
    """Return the error for a failed command; only git's message says what is wrong."""
    message = f"`git {' '.join([*arguments][:3])}` failed: {last_line(errors)}"
    return GitError(message, trusting(errors), "no repository" if "not a git repository" in errors else "failure")


def trusting(errors: str) -> str | None:
    """Return what git says to do about a repository of another user's, with which it does nothing."""
    commands = (line.strip() for line in errors.splitlines())
    command = next((line for line in commands if line.startswith(TRUST)), None)
    return f"if you trust the repository, run `{command}`" if command else None


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a git command and its children, and wait until none of them can write any more."""
    process.terminate()
    try:
        # Its pipes are open as long as one of its children has them.
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def options(settings: Mapping[str, str]) -> list[str]:
    """Return settings as arguments to place before a git command."""
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
    identity = {
        "author_name": os.environ.get("GIT_AUTHOR_NAME") or configured.get("user.name"),
        "author_email": os.environ.get("GIT_AUTHOR_EMAIL") or configured.get("user.email"),
    }
    return {question: value for question, value in identity.items() if value}
