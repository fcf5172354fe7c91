"""Measure what an await costs in each of the ways to join Rust and asyncio, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING

from async_snippets._core import which_async

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AWAITS = 1_000
ROUNDS = 15


async def python(parcel: int) -> int:
    """Return the shelf, by Python alone."""
    return parcel % 40


async def python_turn(parcel: int) -> int:
    """Return the shelf after one turn of the event loop."""
    await asyncio.sleep(0)
    return parcel % 40


async def one_by_one(find: Callable[[int], Awaitable[int]]) -> None:
    """Await one result after the other."""
    for parcel in range(AWAITS):
        await find(parcel)


async def together(find: Callable[[int], Awaitable[int]]) -> None:
    """Await all results at once."""
    await asyncio.gather(*(find(parcel) for parcel in range(AWAITS)))


async def shortest(work: Callable[[], Awaitable[None]]) -> float:
    """Return the shortest time of a piece of work, in microseconds an await."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        await work()
        times.append(perf_counter() - start)
    return min(times) / AWAITS * 1e6


async def measure() -> None:
    """Print a line for each way."""
    clerk = which_async.Clerk()
    ways: dict[str, Callable[[int], Awaitable[int]]] = {
        "a coroutine of Python": python,
        "the same with one `sleep(0)`": python_turn,
        "native `async fn`, over tokio": lambda parcel: which_async.native(parcel, 0),
        "native `async fn`, ready at once": lambda _: which_async.native_thread(),
        "`future_into_py`": lambda parcel: which_async.spawned(parcel, 0),
        "a thread and a queue": lambda parcel: clerk.find(parcel, 0),
        "`asyncio.to_thread`": lambda parcel: asyncio.to_thread(which_async.blocking, parcel, 0),
    }
    print(f"{'microseconds an await':<36}{'one by one':>12}{f'{AWAITS} at once':>14}")
    for name, find in ways.items():
        alone = await shortest(lambda find=find: one_by_one(find))  # type: ignore[misc]
        crowd = await shortest(lambda find=find: together(find))  # type: ignore[misc]
        print(f"{name:<36}{alone:>12.1f}{crowd:>14.1f}")


def main() -> int:
    """Print a table and return the exit code."""
    if which_async.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    asyncio.run(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
