"""Who owns an object, when it is gone, and which threads wait for which."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from time import perf_counter
from typing import TYPE_CHECKING

import pytest
from fundamentals_snippets._core import ownership

if TYPE_CHECKING:
    from collections.abc import Callable

Journal, Recording, Sensor = ownership.Journal, ownership.Recording, ownership.Sensor
settle, watch = ownership.settle, ownership.watch


def test_a_list_is_made_of_the_objects_of_another() -> None:
    readings = [1.25, 2.0, 9.0, 2.5]
    kept = ownership.smooth(readings, 1.5)
    assert kept == [1.25, 2.0, 2.5]
    assert kept[0] is readings[0]


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, float]] = []

    def __call__(self, name: str, value: float) -> None:
        self.heard.append((name, value))


def test_a_struct_keeps_its_listener_alive() -> None:
    listener = Listener()
    reference = weakref.ref(listener)
    sensor = Sensor("roof", listener)
    sensor.measure(21.5)
    assert listener.heard == [("roof", 21.5)]
    assert sensor.listener is listener
    del listener
    assert reference() is not None
    del sensor
    assert reference() is None


def test_a_window_outlives_the_name_of_its_recording() -> None:
    recording = Recording([1.0, 5.0, 2.0, 9.0])
    window = recording.window(0, 3)
    del recording
    assert window.peak() == 5.0


def test_a_window_is_inside_of_the_recording() -> None:
    with pytest.raises(ValueError, match="no samples from 1 to 9"):
        Recording([1.0]).window(1, 9)


def steps_meanwhile(wait: Callable[[int], None]) -> int:
    """Count how often another thread gets to run while this one waits in Rust."""
    steps, stop = 0, threading.Event()

    def step() -> None:
        nonlocal steps
        while not stop.wait(0.005):
            steps += 1

    thread = threading.Thread(target=step)
    thread.start()
    before = steps
    wait(200)
    meanwhile = steps - before
    stop.set()
    thread.join()
    return meanwhile


def test_other_threads_run_while_one_is_detached() -> None:
    # A busy machine may have no time for the other thread just then.
    assert any(steps_meanwhile(settle) > 3 for _ in range(10))


def test_other_threads_wait_while_one_stays_attached() -> None:
    assert steps_meanwhile(ownership.settle_attached) <= 3


def test_threads_of_python_wait_together() -> None:
    start = perf_counter()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(settle, [500] * 8))
    # One after the other would take four seconds.
    assert perf_counter() - start < 3


def test_threads_of_rust_can_call_python() -> None:
    heard: list[tuple[int, float]] = []
    watch(lambda *message: heard.append(message), 4)
    assert sorted(heard) == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)]


def test_what_the_callable_raises_comes_back() -> None:
    with pytest.raises(ZeroDivisionError):
        watch(lambda channel, _: 1 / channel, 4)


def test_an_object_that_is_dropped_detached_goes_when_attached_again() -> None:
    assert ownership.close_detached() == (True, False)


def test_threads_that_lock_and_call_python_do_not_wait_for_ever() -> None:
    journal = Journal()

    def accept(reading: float) -> bool:
        settle(1)  # lets go of the interpreter while the journal is locked
        return reading > 0

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda reading: journal.add_if(reading, accept), [1.0] * 40))
    assert journal.add_if(0.0, accept) == 40


def test_what_is_made_once_is_the_same_for_all_threads() -> None:
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ownership.decimal, [1.234] * 40)) == {Decimal("1.23")}
        assert set(threads.map(ownership.scaled, [2] * 40)) == {2.25}
    assert ownership.scaled(99) is None
