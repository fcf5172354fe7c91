"""The Rust functions beside the same in Python."""

from collections.abc import Callable

import edit_distance
import pytest
from edit_distance import reference as slow
from pytest_benchmark.fixture import BenchmarkFixture

WORDS = [
    f"{first}{second}{third}" for first in "aeiou" for second in ("ban", "dor", "kül") for third in ("tat", "mesk")
]

Closest = Callable[[str, list[str]], tuple[str, int] | None]
Distance = Callable[[str, str], int | None]


@pytest.mark.benchmark(group="closest of 30 words")
@pytest.mark.parametrize("closest", [edit_distance.closest, slow.closest], ids=["rust", "python"])
def test_closest(benchmark: BenchmarkFixture, closest: Closest) -> None:
    """Find one word among many."""
    benchmark(closest, "idormest", WORDS)


@pytest.mark.benchmark(group="two texts of 100 characters")
@pytest.mark.parametrize("distance", [edit_distance.distance, slow.distance], ids=["rust", "python"])
def test_distance(benchmark: BenchmarkFixture, distance: Distance) -> None:
    """Compare two texts that have little in common."""
    benchmark(distance, "abcde" * 20, "edcba" * 20)
