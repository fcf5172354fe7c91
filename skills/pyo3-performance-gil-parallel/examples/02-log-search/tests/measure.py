"""Measure a search beside re; `uv run maturin develop --release` first, a debug build says nothing."""

import os
import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from log_search import search_logs

FILES, LINES = 64, 10_000


def write_logs(folder: Path) -> int:
    """Write the log files of a web server, and return their size."""
    dice = random.Random(1)
    paths = [f"/shop/{word}" for word in ("cart", "item", "search", "login", "pay")]
    for number in range(FILES):
        lines = (
            f"10.0.{dice.randrange(256)}.{dice.randrange(256)} - - [29/Nov/2026:11:30:{line % 60:02}] "
            f'"GET {dice.choice(paths)}/{dice.randrange(10**6)} HTTP/1.1" {dice.choice([200] * 99 + [500])} 512\n'
            for line in range(LINES)
        )
        (folder / f"{number:02}.log").write_text("".join(lines), encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())


def plain_search(folder: Path, pattern: str) -> int:
    """Count the matches as it is written without Rust."""
    search, count = re.compile(pattern.encode()).search, 0
    for path in folder.iterdir():
        with path.open("rb") as file:
            count += sum(search(line) is not None for line in file)
    return count


def measure(title: str, size: int, work: Callable[[], int]) -> None:
    """Print the shortest of seven runs, on the clock and of the processors."""
    wall, busy, count = float("inf"), float("inf"), 0
    for _ in range(7):
        start, start_busy = time.perf_counter(), time.process_time()
        count = work()
        wall, busy = min(wall, time.perf_counter() - start), min(busy, time.process_time() - start_busy)
    print(f"{title:<34}{count:>7} lines{size / wall / 1e6:>8.0f} MB/s{size / busy / 1e6:>8.0f} MB/s of processors")


def main() -> None:
    """Search 50 MB of log files, which the machine has in memory."""
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_logs(folder)
        for pattern in ('" 500 ', r"/shop/(cart|pay)/\d+5 .* 500 ", r"^10\.0\.(1|2)\.\d+ .*pay"):
            print(pattern)
            measure("re, a line at a time", size, lambda: plain_search(folder, pattern))  # noqa: B023
            for threads in (1, 2):
                measure(
                    f"search_logs, {threads} thread(s)",
                    size,
                    lambda: len(search_logs(folder, pattern, limit=10**9, threads=threads).matches),  # noqa: B023
                )


if __name__ == "__main__":
    main()
