"""Where a failing output comes from: a file, stdin, or a command that is run."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.tools.debugger.reading import decode


@dataclass(frozen=True)
class Output:
    """What a program printed.

    Attributes:
        text: All of it, readable.
        source: Where it was read, or the command.
        ended: How the command ended, if it failed: `exit code 101`.
        succeeded: Whether the command is known to have succeeded.
    """

    text: str
    source: str
    ended: str | None = None
    succeeded: bool = False


def read(file: str | None) -> Output:
    """Read an output from a file, or from stdin for `-`.

    Raises:
        UsageError: There is no such file, or nothing in it.
        ScaffolderError: It can't be read.
    """
    if file is None:
        raise UsageError("there is nothing to explain", "name a file, `-` for stdin, or a command: `-- cargo test`")
    if file == "-":
        return Output(not_empty(decode(sys.stdin.buffer.read()), "stdin"), "stdin")
    path = Path(file)
    if not path.exists():
        hint = "name an output that was kept: `cargo test > build.log 2>&1`, or run it: `-- cargo test`"
        raise UsageError(f"there is no file `{file}`", hint)
    if path.is_dir():
        raise UsageError(f"`{file}` is a folder", "name a file with the output of a command")
    try:
        return Output(not_empty(decode(path.read_bytes()), f"`{file}`"), file)
    except OSError as error:
        raise ScaffolderError(f"`{file}` can't be read: {error.strerror}") from error


def not_empty(text: str, name: str) -> str:
    """Return a text that has something in it.

    Raises:
        UsageError: It has not.
    """
    if not text.strip():
        raise UsageError(f"{name} is empty", "errors go to stderr, so keep both: `cargo test > build.log 2>&1`")
    return text


def run(command: list[str]) -> Output:
    """Run a command, pass on to stderr what it prints, and keep it.

    Raises:
        ScaffolderError: There is no such program, or it can't be run.
    """
    pieces: list[bytes] = []
    with start(command) as process:
        try:
            pass_on(process, pieces)
        except BaseException:
            process.terminate()
            raise
    code = process.returncode
    return Output(decode(b"".join(pieces)), shlex.join(command), end_of(code) if code else None, succeeded=not code)


def pass_on(process: subprocess.Popen[bytes], pieces: list[bytes]) -> None:
    """Write to stderr what a process prints, as it comes, and keep it in `pieces`."""
    while process.stdout and (piece := os.read(process.stdout.fileno(), 1 << 16)):
        pieces.append(piece)
        sys.stderr.buffer.write(piece)
        sys.stderr.flush()


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a command whose outputs are one pipe.

    Raises:
        ScaffolderError: There is no such program, or it can't be run.
    """
    program = shutil.which(command[0])
    if program is None:
        raise ScaffolderError(f"`{command[0]}` is not installed, or not on PATH", "activate the project's environment")
    try:
        return subprocess.Popen([program, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError as error:
        raise ScaffolderError(f"`{shlex.join(command)}` can't be run: {error.strerror}") from error


def end_of(code: int) -> str:
    """Say how a process ended that did not succeed.

    Args:
        code: A negative one is a signal's, as `subprocess` has it.
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal: {-code}, {signal.Signals(-code).name}"
    except ValueError:
        return f"signal: {-code}"
