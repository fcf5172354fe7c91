"""Measure waves of ten thousand awaits at once: time, threads and memory, each way in a process of its own.

It needs a release build: `maturin build --release`, install the wheel, and run this file. Memory and threads are read
from /proc, so it needs Linux.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from async_snippets._core import awaitables

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AWAITS, WAVES, MILLIS = 10_000, 10, 50
WAYS = ("asyncio.sleep", "future_into_py", "Depot", "weigh_all")


def megabytes() -> float:
    """Return what the process has in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def python(parcel: int, millis: int) -> int:
    """Wait as the depot does, by Python alone."""
    await asyncio.sleep(millis / 1000)
    return 100 + parcel % 5_000


def wave(name: str) -> Awaitable[object]:
    """Begin a wave of awaits."""
    if name == "weigh_all":
        return awaitables.weigh_all(range(1, AWAITS + 1), MILLIS, limit=AWAITS)
    weigh: dict[str, Callable[[int, int], Awaitable[int]]] = {
        "asyncio.sleep": python,
        "future_into_py": awaitables.weigh,
        "Depot": awaitables.Depot().weigh,
    }
    return asyncio.gather(*(weigh[name](parcel, MILLIS) for parcel in range(1, AWAITS + 1)))


async def measure(name: str) -> None:
    """Print a line for one way."""
    start, times, sizes = megabytes(), [], []
    for _ in range(WAVES):
        begin = perf_counter()
        await wave(name)
        times.append(perf_counter() - begin)
        gc.collect()
        sizes.append(megabytes() - start)
    threads = len(list(Path("/proc/self/task").iterdir()))
    grown = f"{sizes[0]:>9.1f}{sizes[2]:>9.1f}{sizes[-1]:>9.1f}"
    print(f"{name:<20}{min(times) / AWAITS * 1e6:>12.1f} us{threads:>10}{grown}")


def main() -> int:
    """Print a table and return the exit code."""
    if awaitables.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    if len(sys.argv) > 1:
        asyncio.run(measure(sys.argv[1]))
        return 0
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{AWAITS} awaits at once, each of {MILLIS} ms, {WAVES} times")
    print(f"{'':<20}{'time, each':>15}{'threads':>10}{'MB after 1':>12}{'3':>6}{WAVES:>9}")
    for name in WAYS:
        subprocess.run([sys.executable, __file__, name], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
