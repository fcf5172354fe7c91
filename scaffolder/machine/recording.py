"""Run a command as the user would, pass its output on, and keep a bounded part of it."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from scaffolder.errors import ScaffolderError

# How much of the beginning and of the end is kept.
HALF = 1_000_000
# Seconds that what a command left in the pipe is waited for: its background children may keep that open for ever.
PATIENCE = 0.3
LONGEST_WAIT = 5.0


@dataclass
class Recording:
    """A program's output; only the start and the end if it is long.

    Attributes:
        head: The first bytes.
        tail: The last of the bytes after them.
        lines_left_out: How many lines were dropped between the two.
    """

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    lines_left_out: int = 0

    def add(self, piece: bytes) -> None:
        """Append bytes."""
        room = HALF - len(self.head)
        self.head += piece[:room]
        self.tail += piece[max(room, 0) :]
        if len(self.tail) > 2 * HALF:
            # An even number, for what is encoded in pairs of bytes.
            cut = (len(self.tail) - HALF) // 2 * 2
            self.lines_left_out += self.tail.count(b"\n", 0, cut)
            del self.tail[:cut]


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a command with stdout and stderr in one pipe.

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


def pass_on(process: subprocess.Popen[bytes], recording: Recording) -> None:
    """Copy a process's output to stderr as it comes, and record it, until the process ends."""

    def copy() -> None:
        while process.stdout and (piece := os.read(process.stdout.fileno(), 1 << 16)):
            pieces.append(len(piece))
            recording.add(piece)
            sys.stderr.buffer.write(piece)
            sys.stderr.flush()

    pieces: list[int] = []
    reader = threading.Thread(target=copy, daemon=True)
    reader.start()
    process.wait()
    count, deadline = -1, time.monotonic() + LONGEST_WAIT
    while reader.is_alive() and count != len(pieces) and time.monotonic() < deadline:
        count = len(pieces)
        reader.join(PATIENCE)


def end_of(code: int) -> str:
    """Return how a failed process ended, in words.

    Args:
        code: A negative one is a signal's, as `subprocess` has it.
    """
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal: {-code}, {signal.Signals(-code).name}"
    except ValueError:
        return f"signal: {-code}"
