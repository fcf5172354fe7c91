"""Measure rows beside heapq and scipy; `uv run maturin develop --release` first, a debug build says nothing."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reference import PlainGraph, make_city
from route_matrix import RoadGraph
from scipy.sparse import csr_array  # type: ignore[import-not-found,import-untyped,unused-ignore]
from scipy.sparse.csgraph import dijkstra  # type: ignore[import-not-found,import-untyped,unused-ignore]

SIDE, ROWS = 200, 8
Row = Callable[[int], object]


def measure(title: str, pool: ThreadPoolExecutor, row: Row, sources: range) -> None:
    """Print the shortest of fifteen runs, per row, on the clock and of the processors."""
    wall, busy = float("inf"), float("inf")
    for _ in range(15):
        start, start_busy = time.perf_counter(), time.process_time()
        list(pool.map(row, sources))
        wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - start_busy)
    wall, busy = wall / len(sources) * 1e3, busy / len(sources) * 1e3
    print(f"{title:<30}{wall:>8.1f} ms a row{busy:>8.1f} ms of processors")


def main() -> None:
    """Compute rows of a city with 40 000 crossings."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    roads = make_city(SIDE)
    sources, targets = range(0, SIDE * SIDE, SIDE * SIDE // ROWS), range(0, SIDE * SIDE, 400)
    plain, graph = PlainGraph(roads), RoadGraph(roads)
    starts, ends, seconds = zip(*roads, strict=True)
    matrix = csr_array((seconds, (starts, ends)), shape=(SIDE * SIDE, SIDE * SIDE))
    ways: dict[str, Row] = {
        "heapq": lambda source: plain.travel_times(source, targets),
        "scipy": lambda source: dijkstra(matrix, indices=source)[targets],
        "route_matrix": lambda source: graph.travel_times(source, targets),
    }
    for name, row in ways.items():
        for threads in (1, 2):
            with ThreadPoolExecutor(threads) as pool:
                measure(f"{name}, {threads} thread(s)", pool, row, sources)


if __name__ == "__main__":
    main()
