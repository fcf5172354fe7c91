"""Merge a debugger's native frames and the fault handler's Python frames into one backtrace."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVALUATE = "_PyEval_EvalFrameDefault"
THREAD = re.compile(
    r"^(?:Current thread|Thread) (0x[0-9a-f]+)(?: \[[^\n]*\])? \(most recent call first\):", re.MULTILINE
)
PYTHON_FRAME = re.compile(r'^  File "(?P<file>[^\n]*)", line (?P<line>\d+|\?\?\?) in (?P<function>[^\n]*)$')
# What waits for the interpreter is worth seeing although it is Python's own.
WAITING = {"take_gil", "PyGILState_Ensure", "PyEval_RestoreThread", "PyEval_AcquireThread", "_PyThreadState_Attach"}
PLUMBING = re.compile(
    r"^(?:<?(?:std|core|alloc|pyo3|pyo3_ffi|rayon_core|rayon|tokio)::|__rust_|rust_|_?_?clone|start_thread|_start$"
    r"|__libc_start|\?\?$)"
)
GENERATED = re.compile(r"::(?:__pyfunction_|__pymethod_|__pyo3_|_PYO3_DEF)|^(?:PyInit_|_rjem)")
SYSTEM = re.compile(r"/(?:ld-linux|libc|libm|libpthread|libdl|libgcc_s)[-.\d\w]*\.so")


@dataclass(frozen=True)
class Frame:
    """A call that has not returned.

    Attributes:
        language: `rust`, `python` or `native`.
        function: Its name.
        place: The file with the line, or the library.
        plumbing: Whether it belongs to PyO3, the standard library or the interpreter.
        telling: Whether it is worth showing all the same.
    """

    language: str
    function: str
    place: str
    plumbing: bool = False
    telling: bool = True


@dataclass(frozen=True)
class Thread:
    """A thread when the program stopped.

    Attributes:
        number: Its number in the debugger.
        name: Its name in the system.
        stopped: Whether it received the signal.
        frames: The innermost first.
        apart: Python frames whose position among the others is unknown.
    """

    number: int
    name: str
    stopped: bool
    frames: tuple[Frame, ...]
    apart: tuple[Frame, ...] = ()


def merge(report: dict[str, Any], printed: str) -> list[Thread]:
    """Insert the Python frames where the interpreter ran them.

    Args:
        report: What `gdb_frames` wrote.
        printed: The program's output, with the fault handler's lines.
    """
    start = printed.rfind("Fatal Python error: ")
    return merge_frames(report, python_frames(printed[start:] if start >= 0 else ""))


def merge_frames(report: dict[str, Any], python: dict[int, list[Frame]]) -> list[Thread]:
    """Insert the Python frames of each thread, by its handle, where the interpreter ran them."""
    return [_thread(entry, python.get(entry["handle"], []), report["thread"]) for entry in report["threads"]]


def python_frames(printed: str) -> dict[int, list[Frame]]:
    """Return the Python frames of each thread, by the thread's handle, in what the fault handler printed."""
    threads: dict[int, list[Frame]] = {}
    current: list[Frame] = []
    for line in printed.splitlines():
        if thread := THREAD.match(line):
            current = threads.setdefault(int(thread[1], 16), [])
        elif match := PYTHON_FRAME.match(line):
            current.append(Frame("python", match["function"], f"{shorten_path(match['file'])}:{match['line']}"))
    return threads


def _thread(entry: dict[str, Any], python: list[Frame], stopped: int) -> Thread:
    """Merge the frames of one thread."""
    native = entry["frames"]
    evaluations = [frame.get("python_frames") for frame in native if frame["function"] == EVALUATE]
    shares = share(evaluations, len(python))
    frames = list(_interleave(native, python, shares)) if shares is not None else list(map(_native, native))
    return Thread(
        number=entry["number"],
        name=entry["name"] or "",
        stopped=entry["number"] == stopped,
        frames=tuple(_mark_telling(frames)),
        apart=tuple(python) if shares is None else (),
    )


def share(evaluations: Sequence[int | None], total: int) -> list[int] | None:
    """Return how many Python frames belong to each evaluation, or None if that is unknown.

    Args:
        evaluations: How many frames each runs; None where unknown.
        total: How many there are.
    """
    if len(evaluations) == total:
        return [1] * total
    unknown = [index for index, count in enumerate(evaluations) if count is None]
    assigned = sum(count for count in evaluations if count is not None)
    shares = [count or 0 for count in evaluations]
    if len(unknown) == 1 and total > assigned:
        shares[unknown[0]] = total - assigned
    elif unknown or assigned != total:
        return None
    return shares


def _interleave(native: list[dict[str, Any]], python: list[Frame], shares: list[int]) -> Iterator[Frame]:
    """Yield all frames, with Python's in place of the evaluations that run them."""
    remaining, counts = iter(python), iter(shares)
    for frame in native:
        if frame["function"] == EVALUATE:
            for _ in range(next(counts)):
                yield next(remaining)
        else:
            yield _native(frame)


def _native(frame: dict[str, Any]) -> Frame:
    """Convert one of the debugger's frames."""
    function, file, library = plain(frame["function"]), frame["file"], frame["library"]
    place = f"{shorten_path(file)}:{frame['line']}" if file else (library or "")
    own = not (
        PLUMBING.match(function) or GENERATED.search(function) or "libpython" in (library or "")
        or SYSTEM.search(library or "") or (library is None and not str(file).endswith(".rs"))
    )  # fmt: skip
    return Frame("rust" if str(file).endswith(".rs") else "native", function, place, plumbing=not own)


def plain(function: str) -> str:
    """Return a function's name without its type arguments."""
    shown = re.sub(r"::h[0-9a-f]{16}$|\{impl#\d+\}::", "", function)
    while (shorter := re.sub(r"(?<=\w)(?:::)?<[^<>]*>", "", shown)) != shown:
        shown = shorter
    return shown


def shorten_path(file: str) -> str:
    """Return a path without the current folder, cargo's cache or Rust's own sources."""
    path = re.sub(r"^.*/registry/src/[^/]+/|^/rustc/[0-9a-f]+/", "", file)
    with suppress(ValueError):
        return str(Path(path).relative_to(Path.cwd()))
    return path


def _mark_telling(frames: list[Frame]) -> Iterator[Frame]:
    """Mark plumbing that is worth showing: where it stopped, what the user's code called, what waits."""
    for index, frame in enumerate(frames):
        caller = frames[index + 1] if index + 1 < len(frames) else None
        called = caller is not None and caller.language == "rust" and not caller.plumbing
        telling = index == 0 or called or frame.function in WAITING
        yield replace(frame, telling=telling or not frame.plumbing)
