"""Child processes that answer requests with a time limit, as JSON in lines, and are gone whatever happens."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from scaffolder.errors import ScaffolderError
from scaffolder.machine.recording import Recording, end_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROGRAM = Path(__file__).with_name("child.py")
# Seconds: for a child to end by itself, for its output to be read, and before a time limit to say where it hangs.
ENDING = 1.0
READING = 2.0
TELLING = 0.5
OPTIONS: dict[str, Any] = {"start_new_session": True}
if sys.platform == "win32":
    OPTIONS = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


class ChildError(Exception):
    """A request that failed in a child process.

    Args:
        message: What happened.
        evidence: What shows it: a traceback, or the last lines of the output.
    """

    def __init__(self, message: str, evidence: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.evidence = evidence or None


class RaisedError(ChildError):
    """It raised an exception; the message is the exception as Python prints it."""


class CrashedError(ChildError):
    """The process ended before it answered."""


class HangsError(ChildError):
    """There was no answer in time."""


@dataclass
class Child:
    """A child process that reads a request a line and writes an answer a line.

    A request is an object with `do`, the verb, and `patience`, the seconds after which it may say where it hangs. An
    answer is an object; one with `raised` and `traceback` is about an exception.

    Attributes:
        process: The process.
        show: What takes what it prints on stderr.
        give_up: Asked when there is no answer in time, before the process is killed; if it says no, the wait goes on.
    """

    process: subprocess.Popen[bytes]
    show: Callable[[bytes], None] | None = None
    give_up: Callable[[], bool] | None = None
    _answers: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    _output: Recording = field(default_factory=Recording)
    _readers: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Return the child."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def ask(self, verb: str, timeout: float, **request: Any) -> dict[str, Any]:
        """Send a request and return the answer.

        Args:
            verb: What to do.
            timeout: When to give up, in seconds; the process is then useless.
            **request: What the verb needs.

        Raises:
            RaisedError: It raised an exception.
            CrashedError: The process ended.
            HangsError: There is no answer in time.
        """
        patience = max(timeout - TELLING, timeout / 2)
        with suppress(OSError, ValueError):  # it has ended, as the missing answer says
            self._stdin.write(f"{json.dumps({'do': verb, 'patience': patience, **request})}\n".encode())
            self._stdin.flush()
        while True:
            try:
                line = self._answers.get(timeout=timeout)
                break
            except queue.Empty:
                if self.give_up and not self.give_up():
                    continue
                kill_tree(self.process)
                raise HangsError(f"did not finish within {timeout:g} s", self._last_lines()) from None
        if not line:
            self._answers.put(None)  # for the next one who asks
            raise CrashedError(self._ending(), self._last_lines())
        answer: dict[str, Any] = json.loads(line)
        if "raised" in answer:
            raise RaisedError(answer["raised"], answer["traceback"])
        return answer

    def close(self) -> None:
        """End the process, by force if necessary, and all that it has started."""
        with suppress(OSError, ValueError):
            self._stdin.close()
        self._end()
        for reader in self._readers:
            reader.join(READING)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def begin(self) -> None:
        """Start to read what the process writes."""
        for target in (self._read_answers, self._read_output):
            self._readers.append(threading.Thread(target=target, daemon=True))
            self._readers[-1].start()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None  # noqa: S101
        return self.process.stdin

    def _read_answers(self) -> None:
        with suppress(OSError, ValueError):
            while line := (self.process.stdout.readline() if self.process.stdout else b""):
                self._answers.put(line)
        self._answers.put(None)

    def _read_output(self) -> None:
        with suppress(OSError, ValueError):
            while piece := (os.read(self.process.stderr.fileno(), 1 << 16) if self.process.stderr else b""):
                self._output.add(piece)
                if self.show:
                    self.show(piece)

    def _end(self) -> int:
        """Wait for a moment, then kill it; return the exit code."""
        # Its answers end when it does; `Popen.wait` with a time limit looks only every 50 ms.
        self._readers[0].join(ENDING)
        kill_tree(self.process)
        return self.process.wait()

    def _ending(self) -> str:
        """Return how the process ended, which answers no more; only one that lives is killed."""
        with suppress(subprocess.TimeoutExpired):
            return f"ended its process ({end_of(self.process.wait(ENDING))})"
        kill_tree(self.process)
        return "closed the pipe for its answers"

    def _last_lines(self) -> str:
        """Return the end of what was printed, without our own frames and the threads that have no others."""
        for reader in self._readers[1:]:
            reader.join(READING)
        text = (self._output.head + self._output.tail).decode("utf-8", "replace")
        text = "\n".join(line for line in text.splitlines() if f'File "{PROGRAM}"' not in line)
        return "\n".join(re.sub(r"(?m)^Thread 0x.*:\n\s*$", "", text).strip().splitlines()[-15:])


def child_command(python: Path, session: Path) -> list[str]:
    """Return the command of a child process.

    Args:
        python: The Python that it runs in.
        session: The file with its class `Session`, which imports no package.
    """
    return [str(python), str(PROGRAM), str(session)]


def start_child(
    command: Sequence[str], show: Callable[[bytes], None] | None = None, variables: Mapping[str, str] | None = None
) -> Child:
    """Start a child process.

    Args:
        command: As `child_command` returns it.
        show: What takes what it prints on stderr, as it comes.
        variables: The variables that it gets beside those of this process.

    Raises:
        ScaffolderError: There is no such program.
    """
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=pipe, env={**os.environ, **(variables or {})}, **OPTIONS
        )
    except OSError as error:
        raise ScaffolderError(f"`{command[0]}` can't be run: {error.strerror}") from error
    child = Child(process, show)
    child.begin()
    return child


def kill_tree(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that has a session of its own, and those that it has started."""
    if sys.platform == "win32":
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        if process.poll() is None:
            subprocess.run(tree, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
