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
    """Run a command until it ends, crashes or hangs, and show where.

    Args:
        command: A program, or a script of Python's such as pytest.
        timeout: Seconds after which the program is treated as hung.
        everything: Also show the frames of PyO3, the standard library and the interpreter.

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
    """Return the number of threads in words."""
    return "1 thread" if threads == 1 else f"{threads} threads"


def describe_stop(run: Run, threads: list[Thread], source: str) -> Finding:
    """Return a finding that says what happened, and in which function."""
    thread = next((thread for thread in threads if thread.stopped), threads[0])
    own = next((frame for frame in thread.frames if not frame.plumbing and frame.language != "native"), None)
    place = f" in `{own.function}`" if own else ""
    if run.interrupted:
        return Finding(
            "hang",
            "error",
            f"the program did not end and was interrupted {run.interrupted}{place}",
            own.place if own else source,
        )
    return Finding("crash", "error", f"{run.report['signal']}{place}", own.place if own else source)


def causes(run: Run, threads: list[Thread], source: str) -> Iterator[Finding]:
    """Yield the known problems in the backtrace or the output."""
    lines = [line for thread in threads for line in as_gdb_prints(thread)] if run.interrupted else []
    output = transcript("\n".join([run.printed, *lines]).encode())
    for match in recognise(output).problems:
        if match.problem.id != "native-crash":
            yield finding(match, output, source)


def as_gdb_prints(thread: Thread) -> Iterator[str]:
    """Yield the lines of a thread's backtrace as gdb prints them."""
    if thread.frames and not WAITS.search(thread.frames[0].function):
        yield f"# thread {thread.number} runs"
    for number, frame in enumerate(thread.frames):
        yield f"#{number} {frame.function} () at {frame.place}"


def frame_table(thread: Thread, *, everything: bool) -> Table:
    """Return the frames of a thread as a table."""
    shown = [frame for frame in thread.frames if everything or frame.telling]
    hidden = len(thread.frames) - len(shown)
    left_out = f"; {hidden} library frames are hidden" if hidden else ""
    here = " (stopped here)" if thread.stopped else ""
    title = f"thread {thread.number} {thread.name}{here}{left_out}"
    apart = [("", "", "Python frames, whose position among the others is unknown:", "")] if thread.apart else []
    return Table(
        title,
        ("#", "language", "function", "where"),
        (*rows(shown), *apart, *rows(thread.apart)),
    )  # fmt: skip


def rows(frames: list[Frame] | tuple[Frame, ...]) -> list[tuple[str, ...]]:
    """Return frames as table rows."""
    return [(str(number), frame.language, frame.function, frame.place) for number, frame in enumerate(frames)]
