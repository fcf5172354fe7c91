"""What the chapter on free-threaded Python says, as far as a Python with a GIL shows it."""

import sys
import threading
from collections.abc import Callable

import pytest
from fundamentals_snippets._core import free_threading as snippets


def in_threads(work: Callable[[], None], count: int = 8) -> None:
    """Run something in several threads that start together, and wait for them a minute at most."""
    start = threading.Barrier(count)

    def run() -> None:
        start.wait(timeout=60)
        work()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)


# region: probe
def test_the_extension_has_not_switched_the_gil_on() -> None:
    built_without = "free-threading" in sys.version
    assert snippets.is_gil_enabled() is not built_without


# endregion: probe


# region: mutable
def test_a_second_call_meets_a_borrowed_object() -> None:
    gate, refused = snippets.Gate(), []

    def announce(count: int) -> None:
        with pytest.raises(RuntimeError, match="Already borrowed"):
            gate.admit(1, print)
        refused.append(count)

    assert gate.admit(3, announce) == 3
    assert refused == [3]


# endregion: mutable
def test_no_visitor_is_lost() -> None:
    turnstile = snippets.Turnstile()
    numbers: list[int] = []
    in_threads(lambda: numbers.extend([turnstile.enter() for _ in range(1000)]))
    assert sorted(numbers) == list(range(1, 8001))


def test_no_entry_is_lost() -> None:
    guestbook = snippets.Guestbook()
    counts: list[int] = []
    in_threads(lambda: counts.extend([guestbook.write("was here", object()) for _ in range(200)]))
    assert sorted(counts) == list(range(1, 1601))


def test_a_table_is_computed_once() -> None:
    results: list[int | None] = []
    in_threads(lambda: results.append(snippets.square(999)))
    assert results == [998_001] * 8
    assert snippets.square(1000) is None
