"""The package beside NumPy in several processes, both from a list of texts to groups."""

import os
import sys
import zlib
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from near_duplicates import find_groups
from pytest_benchmark.fixture import BenchmarkFixture

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import reference

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
HASHES, ROWS = 128, 8
DICE = np.random.default_rng(1)
FACTORS, TERMS = (DICE.integers(1, 2**32, (HASHES, 1), dtype="u4") | 1 for _ in range(2))


def sign(text: str) -> Any:
    """Compute a signature, one vector operation for all shingles and functions."""
    words = text.lower().split()
    hashes = [zlib.crc32(" ".join(words[place : place + 3]).encode()) for place in range(max(1, len(words) - 2))]
    return (np.array(hashes, "u4") * FACTORS + TERMS).min(axis=1)


def group(signatures: Any, threshold: float = 0.8) -> list[list[int]]:
    """Group by bands."""
    parents = list(range(len(signatures)))

    def root(place: int) -> int:
        while parents[place] != place:
            place = parents[place]
        return place

    for band in range(0, HASHES, ROWS):
        buckets = defaultdict(list)
        for place, signature in enumerate(signatures):
            buckets[signature[band : band + ROWS].tobytes()].append(place)
        for first, *others in buckets.values():
            for other in others:
                if (signatures[first] == signatures[other]).mean() >= threshold:
                    low, high = sorted((root(first), root(other)))
                    parents[high] = low
    members = defaultdict(list)
    for place in range(len(signatures)):
        members[root(place)].append(place)
    return [group for group in members.values() if len(group) > 1]


def with_processes(texts: list[str], workers: int) -> list[list[int]]:
    """Sign in processes; to start them is part of it, as in a batch job."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return group(list(pool.map(sign, texts, chunksize=200)))


def with_numpy(texts: list[str], _: int) -> list[list[int]]:
    """Sign in this process."""
    return group([sign(text) for text in texts])


def with_rust(texts: list[str], workers: int) -> list[list[int]]:
    """Sign in threads."""
    return find_groups(texts, workers=workers)


@pytest.mark.parametrize(
    ("find", "workers"),
    [(with_numpy, 1), (with_processes, CORES), (with_rust, 1), (with_rust, CORES)],
    ids=lambda value: getattr(value, "__name__", f"{value} worker(s)"),
)
@pytest.mark.benchmark(group="5,000 documents of 200 words")
def test_find(benchmark: BenchmarkFixture, find: Any, workers: int) -> None:
    """Measure from texts to groups."""
    texts = reference.corpus(4000, 1000)
    benchmark.extra_info["load"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    groups = benchmark.pedantic(find, (texts, workers), rounds=2)
    assert 600 < len(groups) <= 1000  # noqa: S101
