"""Which lock is taken how, and what happens otherwise."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from performance_snippets._core import locks
from tests.watchdog import ends, hangs

if TYPE_CHECKING:
    from collections.abc import Callable


def plan() -> locks.SeatPlan:
    plan = locks.SeatPlan()
    plan.book("A1", "Ada")
    return plan


def test_a_seat_is_booked_once() -> None:
    theatre = locks.SeatPlan()
    start = threading.Barrier(8)

    def book(guest: int) -> int:
        start.wait(timeout=60)
        booked = 0
        for seat in range(200):
            try:
                theatre.book(str(seat), str(guest))
            except ValueError:
                continue
            booked += 1
        return booked

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(book, range(8))) == len(theatre) == 200
    with pytest.raises(ValueError, match="seat 7 is taken"):
        theatre.book("7", "Ada")


def test_a_guest_moves_if_nothing_has_changed() -> None:
    theatre = plan()
    assert not theatre.move_if("A1", "B1", lambda _: False)
    assert theatre.move_if("A1", "B1", lambda guest: guest == "Ada")
    assert (theatre.guest("A1"), theatre.guest("B1")) == (None, "Ada")
    # The callable may use the plan: the lock is free while it runs.
    assert not theatre.move_if("B1", "C1", lambda _: theatre.book("C1", "Eva") is None)
    assert theatre.guest("B1") == "Ada"


def test_a_panic_does_not_close_the_plan() -> None:
    theatre = plan()
    with pytest.raises(BaseException, match="the ink has run"):
        theatre.spoil()
    assert theatre.guest("A1") == "Ada"


def test_a_lock_is_held_until_the_end_of_a_match() -> None:
    assert locks.locked_in_arm() == (True, False)


def steps_while(action: Callable[[], object]) -> int:
    """Count what another thread gets done while this one waits in Rust."""
    steps, stop = 0, threading.Event()

    def step() -> None:
        nonlocal steps
        while not stop.wait(0.005):
            steps += 1

    thread = threading.Thread(target=step)
    thread.start()
    before = steps
    action()
    meanwhile = steps - before
    stop.set()
    thread.join()
    return meanwhile


def while_printing(action: Callable[[locks.Printer], object], seconds: float = 0.4) -> int:
    printer = locks.Printer()
    busy = threading.Thread(target=printer.print, args=(seconds,))
    busy.start()
    time.sleep(seconds / 4)
    steps = steps_while(lambda: action(printer))
    busy.join()
    return steps


def test_who_waits_attached_stops_everybody() -> None:
    assert while_printing(lambda printer: printer.printed_attached()) <= 3
    # A busy machine may have no time for the other thread just then.
    assert any(while_printing(lambda printer: printer.printed()) > 3 for _ in range(10))
    assert any(while_printing(lambda printer: printer.print(0.0)) > 3 for _ in range(10))


def test_waiting_has_an_end() -> None:
    printer = locks.Printer()
    assert printer.print_within(0.0, 1.0) == 1
    busy = threading.Thread(target=printer.print, args=(1.2,))
    busy.start()
    time.sleep(0.3)
    with pytest.raises(TimeoutError, match="the printer is busy"):
        printer.print_within(0.0, 0.1)
    assert printer.print_within(0.0, 60.0) == 3
    busy.join()
    for limit in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="convert float seconds to Duration"):
            printer.print_within(0.0, limit)


SIGNAL = """
import os, signal
printer = _core.locks.Printer()
start = time.perf_counter()
threading.Thread(target=printer.print, args=(2.0,), daemon=True).start()
time.sleep(0.3)
try:
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    {wait}
except KeyboardInterrupt:
    # Before the other has printed.
    print(time.perf_counter() - start < 2)
"""


def test_ctrl_c_is_seen_between_slices() -> None:
    assert ends(SIGNAL.format(wait="printer.print_within(0.0, 60.0)")) == "True"


def test_ctrl_c_is_not_seen_by_one_long_wait() -> None:
    # Nor by `lock_py_attached`: the exception comes when the lock has been taken.
    assert ends(SIGNAL.format(wait="printer.print(0.0)")) == "False"
    assert ends(SIGNAL.format(wait="printer.printed()")) == "False"


TWO_WAYS = """
threading.Thread(target=_core.locks.hold_mixed, args=(0.4,)).start()
time.sleep(0.1)
waiting = threading.Thread(target=_core.locks.take_mixed_attached)
waiting.start()
time.sleep(0.1)
# The thread that waits gets the lock first, and then has to attach.
_core.locks.{other}()
waiting.join()
"""


def test_a_lock_that_is_taken_in_two_ways_hangs() -> None:
    assert any(hangs(TWO_WAYS.format(other="take_mixed_plainly")) for _ in range(3))


def test_a_lock_that_is_taken_in_one_way_does_not() -> None:
    ends(TWO_WAYS.format(other="take_mixed_attached"))


def test_reading_twice_may_hang() -> None:
    assert hangs("_core.locks.read_twice(False)")
    assert ends("print(_core.locks.read_twice(True))") == "40"
    assert locks.readers_at_once() == 40


def test_the_standard_lock_hangs_as_well() -> None:
    assert hangs("_core.locks.read_twice_std()")


def test_an_error_leaves_the_cell_empty() -> None:
    with pytest.raises(ZeroDivisionError):
        locks.fares(lambda: 1 / 0)
    table = {"adult": 20}
    assert locks.fares(lambda: table) is table
    assert locks.fares(dict) is table


def test_a_panic_leaves_cells_empty_and_poisons_a_lazy_lock() -> None:
    assert locks.made_after_panic() == (True, True, False)


def test_a_critical_section_ends_where_a_thread_detaches() -> None:
    shared = object()
    with ThreadPoolExecutor(2) as threads:
        assert max(threads.map(lambda _: locks.stay_inside(shared, 0.3), range(2))) == 2


def test_the_costs_can_be_measured() -> None:
    for kind in ("Mutex", "RwLock, read", "Mutex, lock_py_attached", "critical section"):
        assert locks.nanoseconds(kind, 2, 10) > 0
    with pytest.raises(ValueError, match="no lock is called Door"):
        locks.nanoseconds("Door", 1, 1)
