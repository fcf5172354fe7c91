"""Measure what a span costs beside Python's ways; `uv run maturin develop --release` first."""

import os
import queue
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from trace_buffer import Recorder

SPANS = 50_000


class PlainSpan:
    """The same as a Python class, which puts a dict into a queue."""

    def __init__(self, events: "queue.SimpleQueue[dict[str, object]]", name: str) -> None:
        """Keep what is recorded."""
        self.events, self.name = events, name

    def __enter__(self) -> Self:
        """Start the clock."""
        self.start = time.perf_counter_ns()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Record the span."""
        duration = time.perf_counter_ns() - self.start
        thread = threading.get_ident()
        self.events.put(
            {"name": self.name, "ph": "X", "pid": 1, "tid": thread, "ts": self.start / 1e3, "dur": duration / 1e3}
        )


def measure(threads: int, span: Callable[[str], AbstractContextManager[object]]) -> float:
    """Return nanoseconds for a span, the best of five runs."""

    def work() -> None:
        for _ in range(SPANS):
            with span("work"):
                pass

    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            start = time.perf_counter()
            for future in [pool.submit(work) for _ in range(threads)]:
                future.result()
            best = min(best, time.perf_counter() - start)
    return best / (threads * SPANS) * 1e9


def main() -> None:
    """Measure on one thread and on two."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    for threads in (1, 2):
        events: queue.SimpleQueue[dict[str, object]] = queue.SimpleQueue()
        plain = measure(threads, lambda name: PlainSpan(events, name))  # noqa: B023
        with tempfile.TemporaryDirectory() as folder, Recorder(Path(folder, "trace"), capacity=1 << 20) as recorder:
            here = measure(threads, recorder.span)
        print(f"{threads} threads: Python {plain:.0f} ns without writing it, here {here:.0f} ns, ", end="")
        print(f"{recorder.written} written, {recorder.dropped} lost")


if __name__ == "__main__":
    main()
