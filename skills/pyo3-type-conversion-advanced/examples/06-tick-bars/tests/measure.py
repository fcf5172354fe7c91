"""Measure bars beside NumPy's; `uv run maturin develop --release` first, a debug build says nothing."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from reference import numpy_bars
from tick_bars import bar_dtype, make_bars

COUNT = 5_000_000
DTYPES: dict[str, Any] = {
    "24 bytes, aligned": np.dtype([("time", "M8[ns]"), ("price", "f8"), ("size", "u4")], align=True),
    "21 bytes, packed": [("time", "M8[ns]"), ("price", "f8"), ("size", "u4"), ("venue", "u1")],
    "21 bytes, big-endian": [("time", ">M8[ns]"), ("price", ">f8"), ("size", ">u4"), ("venue", "u1")],
}


def best_of(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest of five runs, and the MB that one takes at its peak."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return best, peak / 1e6


def compare(name: str, ticks: NDArray[Any], interval: np.timedelta64) -> None:
    """Print what both take for bars."""
    theirs, their_peak = best_of(lambda: numpy_bars(ticks, interval, bar_dtype()))
    ours, our_peak = best_of(lambda: make_bars(ticks, interval))
    print(f"{name:<24}{interval!s:<12}{theirs:.3f} s, {their_peak:.0f} MB with NumPy; ", end="")
    print(f"{ours:.3f} s, {our_peak:.1f} MB here; {theirs / ours:.1f} times")


def main() -> None:
    """Make bars of a minute and of a second, of some layouts."""
    dice = np.random.default_rng(1)
    times = np.cumsum(dice.integers(0, 20_000_000, COUNT)).astype("M8[ns]")
    prices, sizes = dice.random(COUNT), dice.integers(0, 99, COUNT)
    for name, dtype in DTYPES.items():
        ticks = np.zeros(COUNT, dtype)
        ticks["time"], ticks["price"], ticks["size"] = times, prices, sizes
        for interval in (np.timedelta64(1, "m"), np.timedelta64(1, "s")):
            compare(name, ticks, interval)


if __name__ == "__main__":
    main()
