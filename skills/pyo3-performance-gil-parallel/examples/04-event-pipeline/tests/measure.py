"""Measure the pipeline beside plain Python; `uv run maturin develop --release` first, a debug build says nothing."""

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from event_pipeline import anonymise_file
from reference import KEY, make_lines, plain_file, write_events

LINES = 50_000


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of four runs, on the clock and of the processors."""
    wall, busy = float("inf"), float("inf")
    for _ in range(4):
        start, start_busy = time.perf_counter(), time.process_time()
        work()
        wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - start_busy)
    print(f"{title:<30}{wall:>7.2f} s{busy:>7.2f} s of processors")


def main() -> None:
    """Anonymise fifty thousand events."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "source.gz"), Path(name, "target.gz")
        write_events(source, make_lines(LINES))
        measure("plain Python", lambda: plain_file(source, target))
        for workers in (1, 2):
            work = partial(anonymise_file, source, target, KEY, workers=workers)
            measure(f"anonymise_file, {workers} worker(s)", work)


if __name__ == "__main__":
    main()
