"""Runs inside gdb: start the program, wait for a crash or an interruption, and record every thread's frames.

What to do comes from the environment: DEBUGGING_REPORT is the file for the frames (as JSON), DEBUGGING_PROCESS the one
for the program's process id; without that gdb has a running process, whose frames are recorded as they are.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import gdb  # type: ignore[import-untyped]

CRASHES = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP")
SETTINGS = ("pagination off", "confirm off", "print thread-events off", "print inferior-events off", "width 0")
EVALUATE = "_PyEval_EvalFrameDefault"
MOST_FRAMES = 500


def main() -> None:
    """Run the program and report how it stopped."""
    for setting in SETTINGS:
        gdb.execute(f"set {setting}")
    if "DEBUGGING_PROCESS" not in os.environ:
        save({"thread": gdb.selected_thread().num, "threads": threads()})
        return
    gdb.execute("handle all nostop noprint pass", to_string=True)
    for name in (*CRASHES, "SIGINT"):
        gdb.execute(f"handle {name} stop print", to_string=True)
    stops: list[Any] = []
    gdb.events.stop.connect(stops.append)
    gdb.events.new_objfile.connect(record_process)
    gdb.events.exited.connect(record_exit)
    gdb.execute("run", to_string=True)
    if not stops or not gdb.selected_inferior().pid:
        return
    signal = getattr(stops[-1], "stop_signal", "")
    current = gdb.selected_thread().num
    report = {"signal": signal, "thread": current, "threads": threads()}
    save(report)
    # Python's fault handler writes the Python frames of all threads, and raises the signal again.
    gdb.execute("continue" if signal in CRASHES else "signal SIGABRT", to_string=True)
    if gdb.selected_inferior().pid:
        gdb.execute("kill", to_string=True)


def record_exit(event: Any) -> None:
    """Record the program's exit code, if it ended by itself."""
    if not Path(os.environ["DEBUGGING_REPORT"]).exists():
        save({"exit_code": getattr(event, "exit_code", 1)})


def save(report: dict[str, Any]) -> None:
    """Write the report."""
    Path(os.environ["DEBUGGING_REPORT"]).write_text(json.dumps(report), encoding="utf-8")


def record_process(_: Any) -> None:
    """Record the program's process id when it loads its first library."""
    if pid := gdb.selected_inferior().pid:
        Path(os.environ["DEBUGGING_PROCESS"]).write_text(str(pid), encoding="utf-8")
        gdb.events.new_objfile.disconnect(record_process)


def threads() -> list[dict[str, Any]]:
    """Return the frames of all threads, the innermost first."""
    entries = []
    for thread in sorted(gdb.selected_inferior().threads(), key=lambda thread: thread.num):
        thread.switch()
        stack = frames()
        described = [describe_frame(frame) for frame in stack]
        evaluations = [index for index, frame in enumerate(described) if frame["function"] == EVALUATE]
        for index, count in zip(evaluations, frame_counts([stack[index] for index in evaluations])):  # noqa: B905
            described[index]["python_frames"] = count
        handle = int.from_bytes(thread.handle(), "little") if hasattr(thread, "handle") else 0
        entries.append({"number": thread.num, "name": thread.name, "handle": handle, "frames": described})
    return entries


def frames() -> list[Any]:
    """Return the frames of the selected thread."""
    stack: list[Any] = []
    frame = gdb.newest_frame()
    while frame is not None and len(stack) < MOST_FRAMES:
        stack.append(frame)
        try:
            frame = frame.older()
        except gdb.error:
            break
    return stack


def describe_frame(frame: Any) -> dict[str, Any]:
    """Describe a frame."""
    place = frame.find_sal()
    return {
        "function": frame.name() or "??",
        "file": place.symtab.filename if place.symtab else None,
        "line": place.line,
        "library": gdb.solib_name(frame.pc()),
    }


def frame_counts(evaluations: list[Any]) -> list[int | None]:
    """Return how many Python frames each evaluation runs; None where that can't be read.

    Since Python 3.11 a call from Python to Python stays in one evaluation. Where the last one that an evaluation runs
    lies, is in a local variable: a `_PyCFrame` in 3.11, the frame that it began with since 3.12.
    """
    numbers: list[int | None] = []
    newest = None
    for frame in evaluations:
        try:
            names = local_names(frame)
            if "entry_frame" in names or "entry" in names:
                entry = frame.read_var("entry_frame") if "entry_frame" in names else frame.read_var("entry")["frame"]
                numbers.append(None if newest is None else steps(newest, lambda at, end=entry.address: at == end))
                newest = pointer(entry["previous"])
            else:
                numbers.append(steps(frame.read_var("cframe")["current_frame"], None))
        except (gdb.error, RuntimeError, ValueError):
            numbers.append(None)
            newest = None
    return numbers


def local_names(frame: Any) -> set[str]:
    """Return the names of the variables of a frame."""
    names: set[str] = set()
    block = frame.block()
    while block is not None:
        names.update(symbol.name for symbol in block)
        if block.function is not None:
            break
        block = block.superblock
    return names


def pointer(value: Any) -> Any:
    """Return a pointer that can be read, or nothing."""
    value.fetch_lazy()
    return value


def steps(frame: Any, ends: Any) -> int | None:
    """Count Python frames up to the one that an evaluation began with."""
    count = 0
    while int(frame) and count < MOST_FRAMES:
        if ends is not None and ends(frame):
            return count
        count += 1
        if ends is None and frame["is_entry"]:
            return count
        frame = frame["previous"]
    return None


main()
