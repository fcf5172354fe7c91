"""Memory: who sees what Rust holds, what stays after it was freed, and how often is allocated."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from performance_snippets._core import memory
from variants import Variant, build

if TYPE_CHECKING:
    from types import ModuleType

SNIPPETS = Path(__file__).resolve().parent.parent
TEXT = "The quick brown Fox jumps over the lazy Dog while 9 other Animals watch. " * 100
WORDS = 14 * 100


@pytest.fixture(scope="module")
def word_counts(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Build the crate with the allocator that counts."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", SNIPPETS.parent / "target"))
    return build(Variant("dev", features=("counting",)), tmp_path_factory.mktemp("counting"), target).load()


# region: counted
def allocations(module: ModuleType, method: str) -> int:
    """Return how many allocations it takes to count a text whose words are known already."""
    counter = module.Counter()
    add = getattr(counter, method)
    add(TEXT)
    before, _ = module.allocations()
    add(TEXT)
    after, _ = module.allocations()
    return after - before


def test_known_words_are_not_allocated(word_counts: ModuleType) -> None:
    assert allocations(word_counts, "add") >= WORDS
    # The buffer, as it grows.
    assert allocations(word_counts, "add_with_buffer") < 5
    # endregion: counted


def test_an_arena_takes_its_pieces_together(word_counts: ModuleType) -> None:
    assert allocations(word_counts, "add_in_arena") < 60


@pytest.mark.parametrize("method", ["add", "add_with_buffer", "add_in_arena"])
def test_all_ways_count_alike(word_counts: ModuleType, method: str) -> None:
    counter = word_counts.Counter()
    getattr(counter, method)(TEXT + " ÄRGER ärger")
    assert (counter["the"], counter["fox"], counter["9"], counter["ärger"], counter["Fox"]) == (200, 100, 100, 2, 0)
    assert len(counter) == 14


def test_the_rest_of_the_crate_works(word_counts: ModuleType) -> None:
    assert word_counts.ALLOCATOR == "counting"
    word_counts.churn(2000, 48)
    word_counts.Counter.add_in_threads(TEXT, 2)
    heights = [float(number * 7 % 10) for number in range(100)]
    for count in (0, 1, 2, 8, 9, 17, 100):
        climbs = [max(end - start, 0.0) for start, end in pairwise(heights[:count])]
        assert word_counts.Route(heights[:count]).ascent() == pytest.approx(sum(climbs))


def test_what_python_knows_of_the_size() -> None:
    tracemalloc.start()
    try:
        page = memory.Page("a" * 1_000_000)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 500_000
        array = bytearray(1_000_000)
        assert tracemalloc.get_traced_memory()[0] > 1_000_000
    finally:
        tracemalloc.stop()
    assert len(array) == 1_000_000
    assert 1_000_000 < sys.getsizeof(page) < 1_000_200
    assert sys.getsizeof(memory.Journal()) < 200


def test_clear_keeps_the_room() -> None:
    journal = memory.Journal()
    for _ in range(1000):
        journal.note("a line")
    assert 1000 <= journal.capacity() <= 2000
    journal.clear()
    assert journal.capacity() >= 1000
    journal.reset()
    assert journal.capacity() == 0


@pytest.mark.skipif(not hasattr(memory, "give_back"), reason="the C library is not glibc")
@pytest.mark.parametrize(
    ("count", "size", "kept", "freed", "returned"),
    [(1, 64 << 20, 0, (0, 3), (0, 3)), (1024, 64 << 10, 0, (50, 70), (0, 3)), (1 << 17, 64, 10, (5, 14), (5, 14))],
)
def test_what_the_allocator_keeps(
    count: int, size: int, kept: int, freed: tuple[int, int], returned: tuple[int, int]
) -> None:
    command = [sys.executable, "measure_memory.py", "main", str(count), str(size), str(kept)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    line = subprocess.run(command, cwd=SNIPPETS, env=environment, check=True, capture_output=True, text=True).stdout
    _, after, given_back = (int(step) for step in line.split("MB")[:3])
    assert freed[0] <= after <= freed[1]
    assert returned[0] <= given_back <= returned[1]


@pytest.mark.skipif(not hasattr(memory, "give_back"), reason="the C library is not glibc")
def test_a_second_round_takes_no_more() -> None:
    program = """
from measure_memory import resident
from performance_snippets._core import memory
steps = []
for _ in range(3):
    memory.Pieces(1024, 64 << 10).free()
    steps.append(resident())
print(steps[2] - steps[0])
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=SNIPPETS, check=True, capture_output=True, text=True)
    assert abs(float(done.stdout)) < 8
