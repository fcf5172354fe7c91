"""Measure streams between Rust and asyncio, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from async_snippets._core import streams
from streaming import batches, total

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

ROUNDS = 5


async def python(count: int) -> AsyncGenerator[int, None]:
    """Yield numbers, by Python alone."""
    for parcel in range(count):
        yield parcel


async def from_python(count: int) -> None:
    """Read an async generator."""
    async for _ in python(count):
        pass


async def from_queue(count: int) -> None:
    """Read a queue of asyncio that another task fills."""
    queue: asyncio.Queue[int] = asyncio.Queue(256)

    async def fill() -> None:
        for parcel in range(count):
            await queue.put(parcel)

    filling = asyncio.create_task(fill())
    for _ in range(count):
        await queue.get()
    await filling


async def one_by_one(count: int) -> None:
    """Await each scan."""
    async for _ in streams.OneByOne(streams.Scans(count, 256)):
        pass


async def in_batches(count: int, most: int) -> None:
    """Take what is there."""
    async for batch in batches(streams.Scans(count, 256), most):
        for _ in batch:
            pass


async def to_rust(count: int, size: int) -> None:
    """Send batches to Rust."""
    await total(python(count), streams.Sorter(16, 1 << 62), size)


async def shortest(work: Callable[[], Awaitable[None]], count: int) -> float:
    """Return the shortest time of an item, in microseconds."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        await work()
        times.append(perf_counter() - start)
    return min(times) / count * 1e6


async def measure() -> None:
    """Print a line for each way."""
    ways: dict[str, tuple[int, Callable[[int], Awaitable[None]]]] = {
        "an async generator of Python": (100_000, from_python),
        "a queue of asyncio": (100_000, from_queue),
        "Rust to Python, `__anext__`": (2_000, one_by_one),
        "Rust to Python, `take(1)`": (100_000, lambda count: in_batches(count, 1)),
        "Rust to Python, `take(256)`": (1_000_000, lambda count: in_batches(count, 256)),
        "Python to Rust, one by one": (20_000, lambda count: to_rust(count, 1)),
        "Python to Rust, 256 at once": (200_000, lambda count: to_rust(count, 256)),
    }
    for name, (count, work) in ways.items():
        time = await shortest(lambda work=work, count=count: work(count), count)  # type: ignore[misc]
        print(f"{name:<34}{time:>10.2f}")


def main() -> int:
    """Print a table and return the exit code."""
    if streams.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'microseconds an item':<34}")
    asyncio.run(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
