"""Measure steps beside NumPy; `uv run maturin develop --release` first, a debug build says nothing."""

import os
import time
from collections.abc import Callable

from orbit_steps import accelerate
from reference import make_cluster, numpy_accelerate


def measure(title: str, bodies: int, work: Callable[[], object]) -> None:
    """Print the shortest of nine runs, on the clock and of the processors."""
    wall, busy = float("inf"), float("inf")
    for _ in range(9):
        start, start_busy = time.perf_counter(), time.process_time()
        work()
        wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - start_busy)
    pairs = bodies * bodies / 1e6
    print(f"{title:<24}{bodies:>6} bodies{wall * 1e3:>9.2f} ms{busy * 1e3:>9.2f} ms of processors", end="")
    print(f"{pairs / busy:>7.0f} M pairs/s")


def main() -> None:
    """Compute the accelerations of few bodies and of many."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for bodies in (100, 1000, 3000):
        masses, positions, _ = make_cluster(bodies)
        measure("NumPy", bodies, lambda: numpy_accelerate(masses, positions))  # noqa: B023
        for threads in (1, 2):
            measure(f"accelerate, {threads} thread(s)", bodies, lambda: accelerate(masses, positions, threads=threads))  # noqa: B023


if __name__ == "__main__":
    main()
