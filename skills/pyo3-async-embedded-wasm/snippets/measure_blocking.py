"""Measure ways to read a file without blocking the event loop, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

from async_snippets._core import blocking

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROUNDS = 200


async def main() -> int:
    """Print a table and return the exit code."""
    if blocking.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; microseconds")
    print(f"\n{'lines':<26}{'10':>12}{'10,000':>12}")
    ways: dict[str, Callable[[Path], Awaitable[object]]] = {
        "asyncio.to_thread, Python": lambda path: asyncio.to_thread(count, path),
        "asyncio.to_thread, Rust": lambda path: asyncio.to_thread(blocking.count_lines_here, path),
        "spawn_blocking": lambda path: blocking.count_lines(path, "blocking"),
        "tokio::fs, line by line": lambda path: blocking.count_lines(path, "tokio"),
    }
    with TemporaryDirectory() as folder:
        files = [Path(folder, "small"), Path(folder, "large")]
        for path, lines in zip(files, (10, 10_000), strict=True):
            path.write_text("2026-11-29 Cuxhaven 3.2 m\n" * lines, encoding="utf-8")
        for name, way in ways.items():
            times = [await shortest(way, path) for path in files]
            print(f"{name:<26}" + "".join(f"{time * 1e6:>12.0f}" for time in times))
    return 0


async def shortest(way: Callable[[Path], Awaitable[object]], path: Path) -> float:
    """Return the shortest time of an await, in seconds."""
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        await way(path)
        times.append(perf_counter() - start)
    return min(times)


def count(path: Path) -> int:
    """Return how many lines a file has."""
    return len(path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
