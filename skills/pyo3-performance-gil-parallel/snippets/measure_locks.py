"""Measure what locks cost, in one run, with one thread and with two.

It needs a release build: `maturin build --release`, install the wheel, and run this file. On a busy machine two threads
hardly ever run at once: there run it by `chrt --fifo 10`, as root.
"""

from __future__ import annotations

import os
import sys
from statistics import median

from performance_snippets._core import locks

ROUNDS = 9
SHARED = (
    "atomic",
    "Mutex",
    "parking_lot::Mutex",
    "RwLock, write",
    "RwLock, read",
    "parking_lot::RwLock, read",
    "OnceLock, get",
)
ATTACHED = ("Mutex, lock_py_attached", "PyOnceLock, get", "borrow_mut of a class", "critical section")


def usual(kind: str, threads: int, steps: int) -> float:
    """Return the median of several times, in nanoseconds: the lowest is that of threads that never met."""
    return median(locks.nanoseconds(kind, threads, steps) for _ in range(ROUNDS))


def main(steps: int = 1_000_000) -> int:
    """Print a table and return the exit code."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; nanoseconds a step")
    print(f"{'':<28}{'1 thread':>12}{'2 threads':>12}")
    for kind in SHARED:
        print(f"{kind:<28}{usual(kind, 1, steps):>12.1f}{usual(kind, 2, steps):>12.1f}")
    print("attached")
    for kind in ATTACHED:
        print(f"{kind:<28}{usual(kind, 1, steps):>12.1f}{'':>12}".rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
