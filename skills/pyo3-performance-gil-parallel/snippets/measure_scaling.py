"""Measure how a search scales over threads and chunk sizes, against NumPy and processes, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from performance_snippets._core import scaling

if TYPE_CHECKING:
    from collections.abc import Callable

PRIMER, MISMATCHES, ROUNDS = b"ACGTTGCAACGGTACG", 5, 9
Ways = dict[str, "Callable[[], object]"]


# region: curve
class Timing(NamedTuple):
    """The shortest time of a way to do something, and how many cores it kept busy in that run."""

    seconds: float
    cores: float


def measure(ways: Ways, rounds: int = ROUNDS) -> dict[str, Timing]:
    """Time all ways in turn: a busy moment of the machine then hits each of them, and not one alone."""
    best = dict.fromkeys(ways, Timing(math.inf, 0.0))
    for _ in range(rounds + 1):  # The first is the slowest, as caches and pools are cold.
        for name, way in ways.items():
            start, used = perf_counter(), process_time()
            way()
            seconds = perf_counter() - start
            best[name] = min(best[name], Timing(seconds, (process_time() - used) / seconds))
    return best


# endregion: curve


# region: fit
def serial_part(speedup: float, threads: int) -> float:
    """Return the share that is not parallel, by Amdahl's law turned round (Karp and Flatt)."""
    return (1 / speedup - 1 / threads) / (1 - 1 / threads)


def usl(threads: list[int], speedups: list[float]) -> tuple[float, float]:
    """Fit the universal scalability law: return contention and coherence, which are 0 if all is parallel."""
    count = np.array(threads, float)
    lost = count / np.array(speedups) - 1
    terms = np.stack([count - 1, count * (count - 1)], axis=1)
    (contention, coherence), *_ = np.linalg.lstsq(terms, lost)
    return float(contention), float(coherence)


# endregion: fit


def in_numpy(genome: np.ndarray) -> int:
    """Count the places with one pass over the genome for each letter of the primer."""
    places = len(genome) - len(PRIMER) + 1
    differing = np.zeros(places, np.uint8)
    for offset, letter in enumerate(PRIMER):
        differing += genome[offset : offset + places] != letter
    return int((differing <= MISMATCHES).sum())


def in_python(genome: bytes) -> int:
    """Count the places with a loop."""
    windows = (genome[start : start + len(PRIMER)] for start in range(len(genome) - len(PRIMER) + 1))
    return sum(sum(a != b for a, b in zip(window, PRIMER, strict=True)) <= MISMATCHES for window in windows)


def in_part(part: bytes) -> int:
    """Count the places of a part, in a process."""
    return scaling.count_places(part, PRIMER, MISMATCHES, 1, len(part))


def parts(genome: bytes, count: int) -> list[bytes]:
    """Cut a genome into parts that overlap by what a primer is long."""
    size = math.ceil(len(genome) / count)
    return [genome[start : start + size + len(PRIMER) - 1] for start in range(0, len(genome), size)]


def show(title: str, times: dict[str, Timing]) -> None:
    """Print times, and how they compare with the first one."""
    print(title)
    first = next(iter(times.values())).seconds
    for name, (seconds, cores) in times.items():
        print(f"  {name:<34}{seconds * 1e6:>11,.0f} µs{first / seconds:>8.2f}x{cores:>7.1f} cores")


def main(letters: int = 4_000_000) -> int:
    """Print the tables and return the exit code."""
    if scaling.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    genome = np.random.default_rng(7).choice(np.frombuffer(b"ACGT", np.uint8), letters).tobytes()
    array, values = np.frombuffer(genome, np.uint8), np.ones(8_000_000)

    def count(threads: int, chunk: int, by_window: bool = False) -> Callable[[], object]:
        return lambda: scaling.count_places(genome, PRIMER, MISMATCHES, threads, chunk, by_window)

    halves = parts(genome, 2)
    print(f"load {os.getloadavg()[0]:.1f} at the start, {os.cpu_count()} cores, {letters:,} letters")
    with ThreadPoolExecutor(2) as threads, multiprocessing.get_context("spawn").Pool(2) as processes:
        ways: Ways = {
            "Rust by window, 1 thread": count(1, 1 << 16, True),
            "Rust by window, 2 threads": count(2, 1 << 16, True),
            "NumPy": lambda: in_numpy(array),
            "Rust, 1 thread": count(1, 1 << 16),
            "Rust, 2 threads": count(2, 1 << 16),
            "Rust, 4 threads": count(4, 1 << 16),
            "Rust, 2 threads of Python": lambda: sum(threads.map(in_part, halves)),
            "Rust, 2 processes": lambda: sum(processes.map(in_part, halves)),
        }
        show("search", measure(ways))
    start = perf_counter()
    in_python(genome[: letters // 100])
    print(f"  {'Python, 100 times 1 % of it':<34}{(perf_counter() - start) * 1e8:>11,.0f} µs")
    chunks = (1 << 6, 1 << 16, letters // 2, letters)
    show("2 threads, by size of chunk", measure({f"{chunk:,}": count(2, chunk) for chunk in chunks}))
    small = genome[:2_000]
    one = {
        f"{threads} thread{'s' * (threads > 1)}": lambda threads=threads: scaling.count_places(
            small, PRIMER, MISMATCHES, threads, 1_000
        )
        for threads in (1, 2)
    }
    show("2,000 letters", measure(one, 200))
    sums = {
        f"{threads} thread{'s' * (threads > 1)}": lambda threads=threads: scaling.total(values, threads)
        for threads in (1, 2)
    }
    show("sum of 64 MB", measure(sums, 20))
    return 0


if __name__ == "__main__":
    sys.exit(main())
