"""How tests find what threads do to each other, and what they can't find."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest
from performance_snippets._core import testing_threads
from tests.watchdog import run_watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Harbour, Boat = testing_threads.Harbour, testing_threads.Boat


# region: hammer
def hammer(action: Callable[[int], object], threads: int = 4, rounds: int = 50) -> list[BaseException]:
    """Call an action in several threads at once, many times, and return what it raised."""
    errors: list[BaseException] = []
    start = threading.Barrier(threads)

    def work(number: int) -> None:
        try:
            start.wait(timeout=60)
            for _ in range(rounds):
                action(number)
        except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
            errors.append(error)

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert not any(worker.is_alive() for worker in workers), "a thread hangs"
    return errors


def test_a_harbour_is_never_too_full() -> None:
    harbour = Harbour(10)
    assert not hammer(lambda number: harbour.moor(f"boat {number}"))
    assert len(harbour) == 10


# endregion: hammer


def test_the_hammer_finds_a_check_that_is_too_old() -> None:
    def count() -> int:
        harbour = Harbour(10)
        hammer(lambda number: harbour.moor_in_two_steps(f"boat {number}"))
        return len(harbour)

    assert any(count() > 10 for _ in range(5))


def test_one_thread_does_not_find_it() -> None:
    harbour = Harbour(10)
    assert [harbour.moor_in_two_steps(str(number)) for number in range(12)] == [True] * 10 + [False] * 2


def test_the_hammer_finds_a_borrow() -> None:
    boat = Boat()
    errors = hammer(lambda _: boat.sail(1.0))
    assert {(type(error), str(error)) for error in errors} == {(RuntimeError, "Already borrowed")}


# region: schedule
def test_two_boats_for_the_last_berth() -> None:
    harbour = Harbour(1)
    # What the other thread would do at the worst moment, done at that moment.
    harbour.moor_with_pause("Swift", lambda: harbour.moor("Tern"))
    assert len(harbour) == 2  # a fault: there is one berth


# endregion: schedule


# region: interval
@pytest.fixture
def eager() -> Iterator[None]:
    """Let Python switch threads as often as it can: each microsecond, not each 5 ms."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


# endregion: interval


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL it is seen")
def test_with_a_gil_attached_steps_are_never_torn(eager: None) -> None:
    harbour = Harbour(1)
    assert not hammer(lambda _: harbour.visit_in_two_steps(), rounds=5_000)
    assert harbour.visits == 20_000


def lost_updates(rounds: int) -> int:
    """Count what is lost of a counter that Python changes in two steps, by way of a property."""
    counts = {"visits": 0}

    def visit(_: int) -> None:
        before = counts["visits"]
        len(Harbour(1))
        counts["visits"] = before + 1

    hammer(visit, rounds=rounds)
    return 4 * rounds - counts["visits"]


def test_a_short_interval_finds_races_in_python(eager: None) -> None:
    assert any(lost_updates(5_000) > 0 for _ in range(10))


def test_the_watchdog_says_where_each_thread_is() -> None:
    code = "lock = threading.Lock(); lock.acquire(); lock.acquire()"
    outcome = run_watched(code, 1)
    assert outcome.hung
    assert 'File "<string>", line 5 in <module>' in outcome.stacks
    assert run_watched("print('moored')", 40).printed == "moored\n"
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_watched("1 / 0", 40)
