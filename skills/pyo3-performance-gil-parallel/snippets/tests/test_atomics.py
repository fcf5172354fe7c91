"""Counting, publishing and settings without locks."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from performance_snippets._core import atomics


def test_no_place_is_sold_twice() -> None:
    ferry = atomics.Ferry(1_000)
    start = threading.Barrier(4)

    def sell(_: int) -> int:
        start.wait(timeout=60)
        return sum(3 for _ in range(200) if ferry.sell(3))

    with ThreadPoolExecutor(4) as threads:
        sold = sum(threads.map(sell, range(4)))
    assert (sold, ferry.free) == (999, 1)
    assert ferry.refused == 4 * 200 - 333


def test_two_steps_lose_counts() -> None:
    # Both threads must really run at once for that: on a busy machine it may take some attempts.
    assert any(atomics.count_in_two_steps(2, 1_000_000) < 2_000_000 for _ in range(20))


def test_shards_add_up() -> None:
    visitors = atomics.Visitors()
    visitors.enter(list(range(10_000)))
    visitors.enter([5])
    assert visitors.count == sum(range(10_000)) + 5
    assert atomics.checked_shards(5) == 8


def test_parts_are_merged() -> None:
    countries = ["de", "dk", "fr"] * 5_000 + ["dk"]
    assert atomics.visits(countries) == {"de": 5_000, "dk": 5_001, "fr": 5_000}
    assert atomics.visits([]) == {}


def test_no_change_is_lost_and_prices_belong_together() -> None:
    till = atomics.Till(10, 5)
    stop = threading.Event()

    def ask(_: int) -> bool:
        prices = {till.price(2, 1)}
        while not stop.is_set():
            prices.add(till.price(2, 1))
        # Each raise by one adds three to the price of this family.
        return all((price - 25) % 3 == 0 for price in prices)

    with ThreadPoolExecutor(4) as threads:
        asking = [threads.submit(ask, number) for number in range(2)]
        raising = [threads.submit(lambda: [till.raise_by(1) for _ in range(500)]) for _ in range(2)]
        for future in raising:
            future.result(timeout=60)
        stop.set()
        assert all(future.result(timeout=60) for future in asking)
    assert till.price(1, 0) == 1_010


def test_load_and_store_lose_a_change() -> None:
    till = atomics.Till(10, 5)
    till.raise_in_two_steps(1, lambda: till.raise_by(100))
    assert till.price(1, 1) == 17


def test_what_was_written_before_is_seen() -> None:
    assert atomics.misread(300) == 0


def test_floats_are_added() -> None:
    assert atomics.takings([0.5] * 9_999) == 4_999.5


def test_a_padded_counter_is_larger() -> None:
    plain, padded = atomics.sizes()
    assert plain == 8
    assert padded in {64, 128, 256}


@pytest.mark.parametrize("make", ["atomics.Gate()", "lock_free.Unboxed()"])
def test_a_class_gets_sixteen_bytes_of_alignment(make: str) -> None:
    # A debug build checks each address; a release build goes on, which is undefined behaviour.
    code = f"from performance_snippets._core import atomics, lock_free; [{make} for _ in range(100)]"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "misaligned pointer dereference: address must be a multiple of 0x" in done.stderr
    assert done.returncode not in {0, 1}


def test_each_thread_has_its_own_cell() -> None:
    count, elsewhere = atomics.seen_elsewhere()
    assert (count, elsewhere) == (1, 0)
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(atomics.seen_elsewhere).result() == (1, 0)
    assert atomics.seen_elsewhere() == (2, 0)


def test_the_costs_can_be_measured() -> None:
    for kind in ("one atomic", "Sharded", "read, ArcSwap"):
        assert atomics.nanoseconds(kind, 2, 1_000) > 0
    with pytest.raises(ValueError, match="nothing is called Door"):
        atomics.nanoseconds("Door", 1, 1)
