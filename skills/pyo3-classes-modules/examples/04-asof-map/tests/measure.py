"""Measure beside a `SortedDict`; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import time
from collections.abc import Callable
from typing import Any

from asof_map import AsOfMap
from sortedcontainers import SortedDict  # type: ignore[import-untyped]

COUNT = 200_000


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of three runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<36}{best:>8.3f} s")


def asof(twin: Any, key: int) -> object:
    """Look up what was in effect, as it is done with a `SortedDict`."""
    after = twin.bisect_right(key)
    return twin.peekitem(after - 1)[1] if after else None


def append(into: Any, keys: list[int]) -> None:
    """Set one key after the other."""
    for key in keys:
        into[key] = None


def main() -> None:
    """Fill both, look up what was in effect, and go through all."""
    dice = random.Random(4)
    keys = [10**18 + number * 1_000_000 for number in range(COUNT)]
    pairs = [(key, None) for key in keys]
    mixed = dice.sample(pairs, COUNT)
    ours, twin = AsOfMap(mixed), SortedDict(mixed)
    times = [key + dice.randrange(1_000_000) for key, _ in mixed]
    assert [ours.asof(time) for time in times] == [asof(twin, time) for time in times]
    for title, kind in [("SortedDict", SortedDict), ("AsOfMap", AsOfMap)]:
        measure(f"{title}: made of unsorted pairs", lambda kind=kind: kind(mixed))  # type: ignore[misc]
        measure(f"{title}: keys added in order", lambda kind=kind: append(kind(), keys))  # type: ignore[misc]
    measure("SortedDict: what was in effect", lambda: [asof(twin, time) for time in times])
    measure("AsOfMap: what was in effect", lambda: [ours.asof(time) for time in times])
    measure("SortedDict: all items", lambda: sum(1 for _ in twin.items()))
    measure("AsOfMap: all items", lambda: sum(1 for _ in ours.items()))


if __name__ == "__main__":
    main()
