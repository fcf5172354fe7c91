"""Where a failing output comes from: a file, stdin, or a command that is run."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.machine.recording import Recording, end_of, pass_on, start
from scaffolder.output.transcript import Transcript, make_printable, read_transcript


@dataclass(frozen=True)
class Output:
    """What a program printed.

    Attributes:
        transcript: Its lines.
        source: The file or the command that it came from.
        ended: How the command ended, if it failed: `exit code 101`.
        succeeded: Whether the command is known to have succeeded.
    """

    transcript: Transcript
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
        return Output(_record(sys.stdin.buffer, "stdin"), "stdin")
    path = Path(file)
    try:
        if not path.is_file():
            raise _no_file(file, path)
        with path.open("rb") as opened:
            return Output(_record(opened, f"`{make_printable(file)}`"), make_printable(file))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a valid file name"
        raise ScaffolderError(f"`{make_printable(file)}` can't be read: {reason}") from error


def _no_file(file: str, path: Path) -> UsageError:
    """Return the error for a name that is not a file."""
    shown = make_printable(file)
    if path.is_dir():
        return UsageError(f"`{shown}` is a folder", "name a file with the output of a command")
    if path.exists():
        return UsageError(f"`{shown}` is not a regular file", "pipe it instead: `… | pyo3-new explain -`")
    hint = "keep an output, `cargo test > build.log 2>&1`, or run the command: `pyo3-new explain -- cargo test`"
    return UsageError(f"there is no file `{shown}`", hint)


def _record(stream: BinaryIO, name: str) -> Transcript:
    """Read a stream to its end.

    Raises:
        UsageError: It has nothing.
    """
    recording = Recording()
    while piece := stream.read(1 << 20):
        recording.add(piece)
    lines = read_transcript(recording)
    if not lines.text.strip():
        raise UsageError(f"{name} is empty", "errors go to stderr, so keep both: `cargo test > build.log 2>&1`")
    return lines


def run(command: list[str]) -> Output:
    """Run a command, and record its output while copying it to stderr.

    Raises:
        ScaffolderError: There is no such program, or it can't be run.
    """
    recording = Recording()
    process = start(command)
    try:
        pass_on(process, recording)
    except BaseException:
        process.terminate()
        raise
    return command_output(recording, command, process.returncode)


def command_output(recording: Recording, command: list[str], code: int) -> Output:
    """Return the output of a command that has ended."""
    ended = end_of(code) if code else None
    if ended and code < 0:
        recording.add(f"\n{ended}".encode())
    return Output(read_transcript(recording), make_printable(shlex.join(command)), ended, succeeded=not code)
