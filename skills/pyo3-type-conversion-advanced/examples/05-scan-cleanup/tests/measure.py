"""Measure the filters beside scipy and NumPy; `uv run maturin develop --release` first, a debug build says nothing."""

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scan_cleanup import despeckle, stretch
from scipy.ndimage import median_filter  # type: ignore[import-untyped]

ROWS, COLUMNS = 3508, 2480  # A4 at 300 dots an inch


def numpy_stretch(image: NDArray[Any], black: float, white: float) -> NDArray[Any]:
    """Stretch a copy as it is written without Rust."""
    limit = 1 if image.dtype.kind == "f" else np.iinfo(image.dtype).max
    part = np.clip((image.astype("f4") - black) / (white - black), 0, 1) * limit
    return (part if image.dtype.kind == "f" else np.rint(part)).astype(image.dtype)


def best_of(work: Callable[[], object]) -> tuple[float, float]:
    """Return the shortest of three runs, and the MB that one takes at its peak."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return best, peak / 1e6


def compare(page: NDArray[Any]) -> None:
    """Print what both take for a page."""
    size = (3, 3, 1)[: page.ndim]
    pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("despeckle", lambda: median_filter(page, size=size, mode="nearest"), lambda: despeckle(page)),
        ("stretch", lambda: numpy_stretch(page, 20, 230), lambda: stretch(page, 20, 230)),
    ]
    for name, theirs, ours in pairs:
        (their_time, their_peak), (our_time, our_peak) = best_of(theirs), best_of(ours)
        print(f"{name:<10}{page.dtype!s:<8}{page.shape!s:<17}{their_time:.3f} s, {their_peak:.0f} MB there; ", end="")
        print(f"{our_time:.3f} s, {our_peak:.1f} MB here; {their_time / our_time:.1f} times")


def main() -> None:
    """Clean a page of each type, grey and in colour."""
    dice = np.random.default_rng(1)
    grey, colour = (ROWS, COLUMNS), (ROWS, COLUMNS, 3)
    for dtype, shape in (("u1", grey), ("u1", colour), ("u2", grey), ("f4", grey)):
        compare(dice.integers(0, 256, shape).astype(dtype))


if __name__ == "__main__":
    main()
