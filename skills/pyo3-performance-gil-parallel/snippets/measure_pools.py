"""Measure what a pool costs, and from which size on it helps, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import os
import sys
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import numpy as np
from performance_snippets._core import pools

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200


def main() -> int:
    """Print the tables and return the exit code."""
    if pools.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    pools.set_threads(2)
    sizes = (100, 1_000, 10_000, 100_000, 1_000_000)
    ways: dict[tuple[int, int | None], Callable[[], object]] = {
        (count, least): (lambda count=count, least=least: pools.scale(count, least))
        for count in sizes
        for least in (None, 1, 1_000)
    }
    handing = {"nothing, in the pool": pools.nothing, "a pool for this call only": pools.pool_for_one_call}
    amounts = np.random.default_rng(7).lognormal(0, 8, 1_000_000)
    sums = {
        "one thread": lambda: pools.total_alone(amounts),
        "in any order": lambda: pools.total_in_any_order(amounts),
        "parts of 4,096": lambda: pools.total(amounts),
    }
    times = shortest({**ways, **handing, **sums}, rounds)
    print(
        f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}, 2 threads in the pool"
    )
    print("\na call that does                       us")
    for name in handing:
        print(f"  {name:<30}{times[name] * 1e6:>9.0f}")
    print("\nso many square roots, in us    one thread    pool, parts of 1 or more    of 1,000 or more")
    for count in sizes:
        alone, single, thousand = (times[count, least] * 1e6 for least in (None, 1, 1_000))
        print(f"  {count:>27,}{alone:>12,.1f}{single:>28,.1f}{thousand:>20,.1f}")
    print("\na sum of 1,000,000                     us    different results in 300 runs")
    for name, call in sums.items():
        print(f"  {name:<30}{times[name] * 1e6:>9.0f}{len({call() for _ in range(300)}):>33}")
    return 0


def shortest(ways: dict[object, Callable[[], object]], rounds: int) -> dict[object, float]:
    """Return the shortest time of each way, in seconds; all are measured in turn."""
    times = dict.fromkeys(ways, math.inf)
    for _ in range(rounds):
        for name, way in ways.items():
            sleep(0.001)
            start = perf_counter()
            way()
            times[name] = min(times[name], perf_counter() - start)
    return times


if __name__ == "__main__":
    sys.exit(main())
