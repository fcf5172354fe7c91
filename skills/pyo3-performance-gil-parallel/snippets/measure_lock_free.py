"""Measure queues and maps with and without locks, in one run, with one, two and four threads.

It needs a release build: `maturin build --release`, install the wheel, and run this file. On a busy machine two threads
hardly ever run at once: there run it by `chrt --fifo 10`, as root.
"""

from __future__ import annotations

import os
import sys
from statistics import median

from performance_snippets._core import lock_free

ROUNDS = 7
KINDS = (
    "queue, Mutex<VecDeque>",
    "queue, Mutex<VecDeque>, in batches of 64",
    "queue, ArrayQueue",
    "queue, SegQueue",
    "queue, bounded channel",
    "count, Mutex<HashMap>",
    "count, DashMap",
    "count, a HashMap a thread, then merged",
    "one hot key, Mutex<HashMap>",
    "one hot key, DashMap",
    "read, Mutex<HashMap>",
    "read, RwLock<HashMap>",
    "read, DashMap",
)
THREADS = (1, 2, 4)


def usual(kind: str, threads: int, steps: int) -> float:
    """Return the median of several times, in nanoseconds: the lowest is that of threads that never met."""
    return median(lock_free.nanoseconds(kind, threads, steps) for _ in range(ROUNDS))


def main(steps: int = 200_000) -> int:
    """Print a table and return the exit code."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; nanoseconds a step")
    print(f"{'':<42}" + "".join(f"{threads:>4} thread{'s' * (threads > 1)}" for threads in THREADS))
    for kind in KINDS:
        times = [usual(kind, threads, steps) for threads in THREADS]
        print(f"{kind:<42}" + "".join(f"{time:>11.1f}" for time in times))
    return 0


if __name__ == "__main__":
    sys.exit(main())
