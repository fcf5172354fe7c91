"""Measure what processes cost against threads, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file. On a busy machine two workers
hardly ever run at once: there run it by `chrt --fifo 10`, as root.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import surveying
from performance_snippets._core import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

METHODS = ("fork", "forkserver", "spawn")
START = "spawn"
SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
RULED = (1_000, 10_000, 100_000, 500_000)
WORKERS = 2


def shortest(calls: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Return the shortest time of each call, all in turn, in milliseconds."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for place, call in enumerate(calls):
            start = perf_counter()
            call()
            best[place] = min(best[place], (perf_counter() - start) * 1e3)
    return best


def start(method: str) -> None:
    """Start a pool with one worker, and wait for its first result."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(method)) as pool:
        pool.submit(surveying.nothing).result()


def start_thread() -> None:
    """Do the same with a thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(surveying.nothing).result()


def wait(pool: Executor, work: Callable[..., object], parts: list[tuple[object, ...]]) -> None:
    """Give a pool all parts, and wait for the results."""
    for future in [pool.submit(work, *part) for part in parts]:
        future.result()


def bounds(count: int) -> list[tuple[int, int]]:
    """Cut a number of items into a part for each worker."""
    return [(count * worker // WORKERS, count * (worker + 1) // WORKERS) for worker in range(WORKERS)]


def slopes(size: int, rounds: int) -> list[float]:
    """Measure Rust code that detaches."""
    heights = np.random.default_rng(7).uniform(0, 2_000, size + 1)
    angles = np.empty(size)
    parts = bounds(size)
    context = multiprocessing.get_context(START)
    with ExitStack() as stack:
        threads = stack.enter_context(ThreadPoolExecutor(WORKERS))
        memories = [stack.enter_context(surveying.shared(array)) for array in (heights, angles)]
        sharing = stack.enter_context(
            ProcessPoolExecutor(
                WORKERS, mp_context=context, initializer=surveying.attach, initargs=[memory.name for memory in memories]
            )
        )
        pickling = stack.enter_context(ProcessPoolExecutor(WORKERS, mp_context=context))
        views = [(heights[first : last + 1], angles[first:last], surveying.DISTANCE) for first, last in parts]
        return shortest(
            [
                lambda: processes.slopes(heights, angles, surveying.DISTANCE),
                lambda: wait(threads, processes.slopes, views),
                lambda: wait(sharing, surveying.slopes_between, parts),
                lambda: wait(pickling, surveying.slopes_of, [(view,) for view, _, _ in views]),
            ],
            rounds,
        )


def ruled(size: int, rounds: int) -> list[float]:
    """Measure Rust code that calls Python for each item."""
    heights = [float(height) for height in range(size)]
    parts = [(heights[first:last],) for first, last in bounds(size)]
    with (
        ThreadPoolExecutor(WORKERS) as threads,
        ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context(START)) as workers,
    ):
        return shortest(
            [
                lambda: surveying.classify(heights),
                lambda: wait(threads, surveying.classify, parts),
                lambda: wait(workers, surveying.classify, parts),
            ],
            rounds,
        )


def row(size: int, times: list[float]) -> str:
    """Write the times of a size, and how often faster each way is than the first."""
    return f"  {size:>9,}{times[0]:>12.2f}" + "".join(f"{time:>12.2f} {times[0] / time:>5.2f}x" for time in times[1:])


def main() -> int:
    """Print the tables and return the exit code."""
    if processes.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    multiprocessing.set_forkserver_preload(["surveying"])
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; milliseconds")
    print("\na pool with one worker, up to its first result")
    starts = [start_thread, *(lambda method=method: start(method) for method in METHODS)]
    for name, time in zip(("thread", *METHODS), shortest(starts, max(rounds // 4, 1)), strict=True):
        print(f"  {name:<12}{time:>9.2f}")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(START)) as pool, ThreadPoolExecutor(1) as one:
        calls = [lambda: one.submit(surveying.nothing).result(), lambda: pool.submit(surveying.nothing).result()]
        thread, process = shortest(calls, 100 * rounds)
    print(f"\na call that does nothing: thread {thread:.3f}, process {process:.3f}")
    print("\nslopes, detached     alone         2 threads    2 processes, shared        pickled")
    for size in SIZES:
        print(row(size, slopes(size, rounds)))
    print("\na rule of Python's   alone         2 threads        2 processes")
    for size in RULED:
        print(row(size, ruled(size, rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
