"""Measure kernels against NumPy, pyarrow and pure Python, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from conversion_snippets._core import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 15
Ways = dict[str, "Callable[[], object]"]


def cases(count: int) -> dict[str, Ways]:
    """Return the ways to compute each thing; NumPy's is what the others are compared with."""
    generator = np.random.default_rng(7)
    heights = np.cumsum(generator.normal(0, 1, count))
    listed, arrow, side = heights.tolist(), pa.array(heights), math.isqrt(count)
    grid = heights[: side * side].reshape(side, side)
    rows = grid.tolist()
    wide = np.repeat(heights, 8)
    apart = wide[::8]
    out = np.ones(count)
    return {
        f"sum of {count:,}": {
            "Python, sum": lambda: sum(listed),
            "NumPy": heights.sum,
            "pyarrow": lambda: pc.sum(arrow),
            "Rust, in order": lambda: kernels.sum_in_order(heights),
            "Rust, in 16 lanes": lambda: kernels.sum_in_lanes(heights),
            "Rust, ndarray's sum": lambda: kernels.sum_ndarray(heights),
        },
        "the same, every eighth element of an array": {
            "NumPy": apart.sum,
            "NumPy, all of the array": wide.sum,
            "Rust, in order": lambda: kernels.sum_strided(apart),
        },
        f"ascent of {count:,}": {
            "Python, loop": lambda: sum(b - a for a, b in pairwise(listed) if b > a),
            "NumPy": lambda: np.maximum(np.diff(heights), 0).sum(),
            "pyarrow": lambda: pc.sum(pc.max_element_wise(pc.pairwise_diff(arrow), 0.0)),
            "Rust, by index": lambda: kernels.climb_by_index(heights),
            "Rust, in order": lambda: kernels.climb_in_order(heights),
            "Rust, in 16 lanes": lambda: kernels.climb_in_lanes(heights),
            "Rust, in 16 lanes, AVX2": lambda: kernels.climb_dispatched(heights),
        },
        f"feet to metres, {count:,}": {
            "Python, list": lambda: [height * 0.3048 - 10.0 for height in listed],
            "NumPy": lambda: heights * 0.3048 - 10.0,
            "pyarrow": lambda: pc.subtract(pc.multiply(arrow, 0.3048), 10.0),
            "NumPy, into out": lambda: np.subtract(np.multiply(heights, 0.3048, out=out), 10.0, out=out),
            "Rust, into out": lambda: kernels.metres_into(heights, 10.0, out),
            "Rust, mapv": lambda: kernels.metres(heights, 10.0),
            "Rust, mapv, every eighth": lambda: kernels.metres(apart, 10.0),
        },
        f"totals of {side:,} columns": {
            "Python, zip": lambda: [sum(column) for column in zip(*rows, strict=True)],
            "NumPy": lambda: grid.sum(axis=0),
            "Rust, column by column": lambda: kernels.columns_by_column(grid),
            "Rust, row by row": lambda: kernels.columns_by_row(grid),
            "Rust, sum_axis": lambda: kernels.columns_ndarray(grid),
        },
        f"steepness of {side:,} x {side:,}": {
            "Python, loop": lambda: python_slopes(rows),
            "NumPy": lambda: numpy_slopes(grid),
            "Rust, by index": lambda: kernels.slopes_by_index(grid, 30.0),
            "Rust, Zip over rows": lambda: kernels.slopes(grid, 30.0),
        },
    }


def numpy_slopes(grid: np.ndarray) -> np.ndarray:
    """Return the steepness with an array for each step."""
    here = grid[:-1, :-1]
    x, y = (grid[:-1, 1:] - here) / 30.0, (grid[1:, :-1] - here) / 30.0
    return np.sqrt(x * x + y * y)


def python_slopes(rows: list[list[float]]) -> list[list[float]]:
    """Return the steepness with a loop."""
    return [
        [math.hypot((right - here) / 30.0, (down - here) / 30.0) for here, right, down in zip(above, above[1:], below)]  # noqa: B905 - the last column has no neighbour
        for above, below in pairwise(rows)
    ]


def fastest(ways: Ways) -> dict[str, float]:
    """Return the shortest time of each way: other work only ever adds to it. All are measured in turn."""
    times = dict.fromkeys(ways, math.inf)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = perf_counter()
            way()
            times[name] = min(times[name], perf_counter() - start)
    return times


def main(count: int = 1_000_000) -> int:
    """Print a table for each thing to compute and return the exit code."""
    if kernels.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"{'':<34}{'time':>11}{'of NumPy':>12}")
    for title, ways in cases(count).items():
        print(title)
        times = fastest(ways)
        for name, time in times.items():
            print(f"  {name:<32}{time * 1e3:>8.2f} ms{time / times['NumPy']:>11.2f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
