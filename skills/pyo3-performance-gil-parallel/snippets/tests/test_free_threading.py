"""Code that is ready for a Python without the GIL, tried with one."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from performance_snippets._core import free_threading


def test_bids_are_one_step() -> None:
    lot = free_threading.Lot()
    start = threading.Barrier(4)

    def bid(bidder: int) -> int:
        start.wait(timeout=60)
        return sum(lot.bid(amount, f"bidder {bidder}") for amount in range(bidder, 2_000, 4))

    with ThreadPoolExecutor(4) as threads:
        accepted = sum(threads.map(bid, range(4)))
    assert lot.best == (1_999, "bidder 3")
    assert accepted + lot.refused == 2_000


def test_books_are_merged_in_both_directions() -> None:
    books = [free_threading.BidBook() for _ in range(2)]
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait(timeout=60)
        for bid in range(500):
            books[number % 2].add([bid, bid])
            books[number % 2].merge(books[(number + 1) % 2])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert sum(len(book) for book in books) == 4 * 500 * 2
    books[0].merge(books[0])
    assert sum(len(book) for book in books) == 4 * 500 * 2


def test_a_dict_is_added_up_without_running_python() -> None:
    assert free_threading.total({"vase": 3, "clock": 4}) == 7
    assert free_threading.total({}) == 0

    class Bid:
        def __index__(self) -> int:
            raise AssertionError

    with pytest.raises(TypeError, match=r"Bid' object is not an instance of 'int'"):
        free_threading.total({"vase": Bid()})


def test_a_module_that_uses_the_gil_is_no_matter_with_one() -> None:
    assert free_threading.flagged.__name__ == "flagged"
    enabled = getattr(sys, "_is_gil_enabled", None)
    assert (enabled is None) is (sys.version_info < (3, 13))
    if enabled is not None and "free-threading" not in sys.version:
        assert enabled()
