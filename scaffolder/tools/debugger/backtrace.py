"""Run a command under gdb, and show Rust and Python frames as one backtrace where it crashes or hangs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.folders import temporary_folder
from scaffolder.toolkit import Finding, Result, Table
from scaffolder.tools.debugger.explaining import TOOL, explain, finding, recognise
from scaffolder.tools.debugger.frames import Frame, Thread, merge
from scaffolder.tools.debugger.reading import decode
from scaffolder.tools.debugger.source import Output, end_of, pass_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SCRIPT = Path(__file__).with_name("gdb_frames.py")
# It is of no use here, and gdb says so at length.
QUIET = ("set auto-load off", "set debuginfod enabled off")

WAITS = re.compile(r"^(?:syscall|__GI_)|futex|wait|poll|select|sleep|accept|recv|read|lll_lock")


@dataclass(frozen=True)
class Run:
    """A program that ran under the debugger.

    Attributes:
        printed: All that it printed.
        report: Where it stopped, or its exit code if it came to its end.
        interrupted: Why it was stopped from outside: `after 10 s`, `by Ctrl-C`.
    """

    printed: str
    report: dict[str, Any]
    interrupted: str | None


def backtrace(command: list[str], timeout: float | None = None, *, everything: bool = False) -> Result:
    """Run a command until it ends, crashes or hangs, and say where.

    Args:
        command: A program, or a script of Python's such as pytest.
        timeout: Seconds after which it is taken to hang.
        everything: Show the frames of PyO3, the standard library and the interpreter, too.

    Raises:
        UsageError: There is no command.
        ScaffolderError: There is no gdb, or no such program.
    """
    source = shlex.join(command)
    run = debug(runnable(command), timeout)
    if "exit_code" in run.report:
        code = run.report["exit_code"]
        return explain(Output(run.printed, source, end_of(code) if code else None, succeeded=not code))
    threads = merge(run.report, run.printed)
    tables = tuple(table(thread, everything=everything) for thread in threads)
    found = (stopped(run, threads, source), *causes(run, threads, source))
    return Result(TOOL, f"{count(len(threads))}, innermost frames first", found, tables)


def count(threads: int) -> str:
    """Say how many threads there are."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def debugger() -> str:
    """Return the debugger.

    Raises:
        ScaffolderError: There is none.
    """
    # The frames of a process that ptrace stops: there is no such thing on Windows.
    if os.name != "nt" and (found := shutil.which("gdb")):
        return found
    hint = "install gdb (`sudo apt install gdb`); where there is only lldb: `lldb -- python SCRIPT`, `run`, `bt all`"
    raise ScaffolderError("`gdb` is not installed, and a backtrace takes it", hint)


def runnable(command: list[str]) -> list[str]:
    """Return a command as gdb can run it: a program, with the script that it was asked for.

    Raises:
        UsageError: There is no command.
        ScaffolderError: There is no such program.
    """
    if not command:
        raise UsageError("there is no command to run", "name it after `--`: `backtrace -- python crash.py`")
    found = shutil.which(command[0])
    if found is None:
        raise ScaffolderError(f"`{command[0]}` is not installed, or not on PATH", "activate the project's environment")
    if Path(found).stem in {"cargo", "uv", "maturin", "nox"}:
        hint = "name the program that it starts: `.venv/bin/python crash.py`, or a test's file in `target/debug/deps`"
        raise UsageError(f"`{command[0]}` runs other programs, which gdb does not follow", hint)
    with Path(found).open("rb") as file:
        first = file.readline(1000)
    interpreter = shlex.split(first[2:].decode("utf-8", errors="replace")) if first.startswith(b"#!") else []
    # A script that asks `/usr/bin/env` for its interpreter gets the one of PATH here, too.
    if interpreter and Path(interpreter[0]).name == "env":
        interpreter = [shutil.which(interpreter[1]) or interpreter[1], *interpreter[2:]]
    return [*interpreter, found, *command[1:]]


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
        with gdb, stopping(process, timeout) as reasons:
            printed = collect(gdb, reasons, process)
        if not report.exists():
            hint = "is it allowed to? a container needs `--cap-add=SYS_PTRACE`; what gdb said is above"
            raise ScaffolderError(f"gdb could not run `{shlex.join(command)}`", hint)
        found = json.loads(report.read_text(encoding="utf-8"))
        return Run(decode(printed), found, reasons[0] if reasons else None)


def collect(gdb: subprocess.Popen[bytes], reasons: list[str], process: Path) -> bytes:
    """Pass on what is printed until the end, which the first Ctrl-C asks for; the second ends it all."""
    pieces: list[bytes] = []
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, before)
        if reasons or not interrupt(process):
            signal.raise_signal(number)
        reasons.append("by Ctrl-C")

    if before != signal.SIG_IGN:
        signal.signal(signal.SIGINT, ask)
    try:
        pass_on(gdb, pieces)
    except BaseException:
        os.killpg(gdb.pid, signal.SIGKILL)
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return b"".join(pieces)


@contextmanager
def stopping(process: Path, timeout: float | None) -> Iterator[list[str]]:
    """Stop the program after some time; yields the reasons for which it was stopped."""
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
    """Let the debugger stop the program, if it runs."""
    try:
        os.kill(int(process.read_text(encoding="utf-8")), signal.SIGINT)
    except (OSError, ValueError):
        return False
    return True


def stopped(run: Run, threads: list[Thread], source: str) -> Finding:
    """Say what happened, and in which function."""
    thread = next((thread for thread in threads if thread.stopped), threads[0])
    own = next((frame for frame in thread.frames if not frame.plumbing and frame.language != "native"), None)
    place = f" in `{own.function}`" if own else ""
    if run.interrupted:
        return Finding(
            "hang", "error", f"it did not end, and was stopped {run.interrupted}{place}", own.place if own else source
        )
    return Finding("crash", "error", f"{run.report['signal']}{place}", own.place if own else source)


def causes(run: Run, threads: list[Thread], source: str) -> Iterator[Finding]:
    """Yield the known problems that the backtrace or the output shows."""
    lines = [line for thread in threads for line in as_gdb_prints(thread)] if run.interrupted else []
    text = "\n".join([run.printed, *lines])
    for each in recognise(text):
        if each.problem.id != "native-crash":
            yield finding(each, text, source)


def as_gdb_prints(thread: Thread) -> Iterator[str]:
    """Yield the lines of a thread's backtrace, and whether it does something at all."""
    if thread.frames and not WAITS.search(thread.frames[0].function):
        yield f"# thread {thread.number} runs"
    for number, frame in enumerate(thread.frames):
        yield f"#{number} {frame.function} () at {frame.place}"


def table(thread: Thread, *, everything: bool) -> Table:
    """Show the frames of a thread."""
    shown = [frame for frame in thread.frames if everything or frame.telling]
    hidden = len(thread.frames) - len(shown)
    left_out = f"; {hidden} frames of the libraries beneath are left out" if hidden else ""
    here = " (here it stopped)" if thread.stopped else ""
    title = f"thread {thread.number} {thread.name}{here}{left_out}"
    apart = [("", "", "Python's frames, whose places among the others can't be told:", "")] if thread.apart else []
    return Table(
        title,
        ("#", "language", "function", "where"),
        (*rows(shown), *apart, *rows(thread.apart)),
    )  # fmt: skip


def rows(frames: list[Frame] | tuple[Frame, ...]) -> list[tuple[str, ...]]:
    """Return frames as rows."""
    return [(str(number), frame.language, frame.function, frame.place) for number, frame in enumerate(frames)]
