"""Run a command under gdb, and read the frames of all its threads where it crashes or hangs."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.folders import temporary_folder
from scaffolder.machine.recording import Recording, pass_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SCRIPT = Path(__file__).with_name("gdb_frames.py")
# It is of no use here, and gdb says so at length.
QUIET = ("set auto-load off", "set debuginfod enabled off")


@dataclass(frozen=True)
class Run:
    """A run of a program under the debugger.

    Attributes:
        recording: What it printed.
        report: Where it stopped, or its exit code if it ended.
        interrupted: Why it was interrupted: `after 10 s`, `by Ctrl-C`.
    """

    recording: Recording
    report: dict[str, Any]
    interrupted: str | None

    @property
    def printed(self) -> str:
        """Its output as text."""
        return (self.recording.head + self.recording.tail).decode("utf-8", errors="replace").replace("\r\n", "\n")


def debugger() -> str:
    """Return the debugger.

    Raises:
        ScaffolderError: There is none.
    """
    # The frames of a process that ptrace stops: there is no such thing on Windows.
    if os.name != "nt" and (program := shutil.which("gdb")):
        return program
    hint = "install gdb (`sudo apt install gdb`); where there is only lldb: `lldb -- python SCRIPT`, `run`, `bt all`"
    raise ScaffolderError("`gdb` is not installed; `backtrace` needs it", hint)


def runnable(command: list[str]) -> list[str]:
    """Return a command that gdb can run: a program, with the interpreter of a script.

    Raises:
        UsageError: There is no command.
        ScaffolderError: There is no such program.
    """
    if not command:
        raise UsageError(
            "there is no command to run", "name it after `--`: `pyo3-new debug backtrace -- python crash.py`"
        )
    program = shutil.which(command[0])
    if program is None:
        raise ScaffolderError(f"`{command[0]}` is not installed, or not on PATH", "activate the project's environment")
    if Path(program).stem in {"cargo", "uv", "maturin", "nox"}:
        hint = "name the program that it starts: `.venv/bin/python crash.py`, or a test's file in `target/debug/deps`"
        raise UsageError(f"`{command[0]}` starts other programs, which gdb does not follow", hint)
    with Path(program).open("rb") as file:
        first = file.readline(1000)
    interpreter = shlex.split(first[2:].decode("utf-8", errors="replace")) if first.startswith(b"#!") else []
    # A script with `/usr/bin/env` gets its interpreter from PATH, as it would in a shell.
    if interpreter and Path(interpreter[0]).name == "env":
        interpreter = [shutil.which(interpreter[1]) or interpreter[1], *interpreter[2:]]
    return [*interpreter, program, *command[1:]]


def debug(command: list[str], timeout: float | None) -> Run:
    """Run a command under gdb.

    Args:
        command: A program with its arguments.
        timeout: Seconds after which it is stopped.
    """
    with temporary_folder() as folder:
        report, process = folder / "report.json", folder / "process"
        places = {"DEBUGGING_REPORT": str(report), "DEBUGGING_PROCESS": str(process), "PYTHONFAULTHANDLER": "1"}
        settings = [argument for setting in QUIET for argument in ("-iex", setting)]
        gdb = subprocess.Popen(
            [debugger(), "-q", "-nx", "-batch", *settings, "-x", str(SCRIPT), "--args", *command],
            env=os.environ | places, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            # Ctrl-C is for this program to hand on.
            start_new_session=True,
        )  # fmt: skip
        with gdb, stop_after(process, timeout) as reasons:
            recording = relay_output(gdb, reasons, process)
        if not report.exists():
            hint = "a container needs `--cap-add=SYS_PTRACE`; gdb's own message is above"
            raise ScaffolderError(f"gdb could not run `{shlex.join(command)}`", hint)
        return Run(recording, json.loads(report.read_text(encoding="utf-8")), reasons[0] if reasons else None)


def look_at(process: int, timeout: float = 60) -> dict[str, Any] | None:
    """Return the frames of a running process, which goes on; nothing if gdb may not look at it.

    Raises:
        ScaffolderError: There is no gdb.
    """
    settings = [argument for setting in QUIET for argument in ("-iex", setting)]
    command = [debugger(), "-q", "-nx", "-batch", *settings, "-p", str(process), "-x", str(SCRIPT)]
    with temporary_folder() as folder:
        report = folder / "report.json"
        variables = {name: value for name, value in os.environ.items() if name != "DEBUGGING_PROCESS"}
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, env=variables | {"DEBUGGING_REPORT": str(report)}, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=timeout, check=False,
            )  # fmt: skip
        return json.loads(report.read_text(encoding="utf-8")) if report.exists() else None


def relay_output(gdb: subprocess.Popen[bytes], reasons: list[str], process: Path) -> Recording:
    """Pass the output on until the end; the first Ctrl-C stops the program, the second gdb too."""
    recording = Recording()
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, before)
        if reasons or not interrupt(process):
            signal.raise_signal(number)
        reasons.append("by Ctrl-C")

    if before != signal.SIG_IGN:
        signal.signal(signal.SIGINT, ask)
    try:
        pass_on(gdb, recording)
    except BaseException:
        os.killpg(gdb.pid, signal.SIGKILL)
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return recording


@contextmanager
def stop_after(process: Path, timeout: float | None) -> Iterator[list[str]]:
    """Interrupt the program after some time; yield the reasons for its interruption."""
    reasons: list[str] = []

    def stop() -> None:
        if interrupt(process):
            reasons.append(f"after {timeout:g} s")

    timer = threading.Timer(timeout or 0, stop)
    if timeout:
        timer.start()
    try:
        yield reasons
    finally:
        timer.cancel()


def interrupt(process: Path) -> bool:
    """Interrupt the program, if it is running."""
    try:
        os.kill(int(process.read_text(encoding="utf-8")), signal.SIGINT)
    except (OSError, ValueError):
        return False
    return True
