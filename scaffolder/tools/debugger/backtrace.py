"""Show Rust and Python frames as one backtrace where a command crashes or hangs."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from scaffolder.output.transcript import transcript
from scaffolder.stacks.frames import Frame, Thread, merge
from scaffolder.stacks.gdb import Run, debug, runnable
from scaffolder.toolkit import Finding, Result, Table
from scaffolder.tools.debugger.explaining import TOOL, explain, finding
from scaffolder.tools.debugger.recognition import recognise
from scaffolder.tools.debugger.source import command_output

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITS = re.compile(r"^(?:syscall|__GI_)|futex|wait|poll|select|sleep|accept|recv|read|lll_lock")


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
        return explain(command_output(run.recording, command, run.report["exit_code"]))
    threads = merge(run.report, run.printed)
    tables = tuple(frame_table(thread, everything=everything) for thread in threads)
    findings = (describe_stop(run, threads, source), *causes(run, threads, source))
    return Result(TOOL, f"{thread_count(len(threads))}, innermost frames first", findings, tables)


def thread_count(threads: int) -> str:
    """Say how many threads there are."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def describe_stop(run: Run, threads: list[Thread], source: str) -> Finding:
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
    output = transcript("\n".join([run.printed, *lines]).encode())
    for match in recognise(output).problems:
        if match.problem.id != "native-crash":
            yield finding(match, output, source)


def as_gdb_prints(thread: Thread) -> Iterator[str]:
    """Yield the lines of a thread's backtrace, and whether it does something at all."""
    if thread.frames and not WAITS.search(thread.frames[0].function):
        yield f"# thread {thread.number} runs"
    for number, frame in enumerate(thread.frames):
        yield f"#{number} {frame.function} () at {frame.place}"


def frame_table(thread: Thread, *, everything: bool) -> Table:
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
