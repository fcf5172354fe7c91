"""Measure what threads of Rust cost, and what attaching them does, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from time import perf_counter
from typing import TYPE_CHECKING

from performance_snippets._core import rust_threads

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 100


def main() -> int:
    """Print a table and return the exit code."""
    if rust_threads.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    calls, nothing = 1_000, list
    ways: dict[str, Callable[[], object]] = {
        "a thread of Rust, attached for each call": lambda: rust_threads.call_from_thread(calls, nothing, False),
        "a thread of Rust, attached once": lambda: rust_threads.call_from_thread(calls, nothing, True),
        "a loop of Python": lambda: [nothing() for _ in range(calls)],
        "the caller's thread, attached for each call": lambda: rust_threads.call_detached(calls, nothing),
    }
    print("\na callback from")
    for name, way in ways.items():
        print(f"  {name:<46}{shortest(way) / calls * 1e9:>19.0f} ns")
    print("\nto start a thread and wait for it")
    print(f"  Rust{shortest(rust_threads.start_and_join) * 1e6:>61.0f} us")
    print(f"  Python{shortest(start_and_join) * 1e6:>59.0f} us")
    return 0


def shortest(work: Callable[[], object]) -> float:
    """Return the shortest time of a piece of work, in seconds."""

    def once() -> float:
        start = perf_counter()
        work()
        return perf_counter() - start

    return min((once() for _ in range(ROUNDS)), default=math.inf)


def start_and_join() -> None:
    """Start a thread that does nothing, and wait for it."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


if __name__ == "__main__":
    sys.exit(main())
