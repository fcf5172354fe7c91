"""Measure ways to count and to read settings in several threads, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file. On a busy machine two threads
hardly ever run at once: there run it by `chrt --fifo 10`, as root.
"""

from __future__ import annotations

import os
import sys
from statistics import median

from performance_snippets._core import atomics

ROUNDS = 9
KINDS = (
    "Mutex",
    "one atomic",
    "one atomic, SeqCst",
    "one atomic, fetch_update",
    "an atomic a thread, side by side",
    "an atomic a thread, padded",
    "Sharded",
    "store, Release",
    "store, SeqCst",
    "read, Mutex<Arc>",
    "read, RwLock",
    "read, ArcSwap",
    "read, ArcSwap, Cache",
)


def usual(kind: str, threads: int, steps: int) -> float:
    """Return the median of several times, in nanoseconds: the lowest is that of threads that never met."""
    return median(atomics.nanoseconds(kind, threads, steps) for _ in range(ROUNDS))


def main(steps: int = 1_000_000) -> int:
    """Print a table and return the exit code."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; nanoseconds a step")
    print(f"{'':<36}{'1 thread':>12}{'2 threads':>12}")
    for kind in KINDS:
        print(f"{kind:<36}{usual(kind, 1, steps):>12.1f}{usual(kind, 2, steps):>12.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
