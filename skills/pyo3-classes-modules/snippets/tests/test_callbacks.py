"""Listeners: their errors, what they may do, who keeps them alive, and calls from a thread of Rust."""

import gc
import inspect
import pickle
import sys
import threading
import time
import weakref
from types import SimpleNamespace

import pytest
from classes_snippets._core import callbacks

Alarm, Thermometer, Watch = callbacks.Alarm, callbacks.Thermometer, callbacks.Watch


class Display:
    def __init__(self) -> None:
        self.shown: list[float] = []

    def show(self, degrees: float) -> None:
        self.shown.append(degrees)


def fail(degrees: float) -> None:
    raise ValueError(f"{degrees} is too hot")


def test_listeners_are_called_until_they_are_cancelled() -> None:
    thermometer, display = Thermometer(), Display()
    subscription = thermometer.subscribe(display.show)
    thermometer.read(20.0)
    subscription.cancel()
    subscription.cancel()
    thermometer.read(21.0)
    assert (display.shown, thermometer.listeners) == ([20.0], 0)
    with pytest.raises(TypeError, match="a listener is callable"):
        thermometer.subscribe("show")


def test_the_first_error_stops_and_the_others_can_be_collected() -> None:
    thermometer, display = Thermometer(), Display()
    for listener in (fail, display.show, fail):
        thermometer.subscribe(listener)
    with pytest.raises(ValueError, match=r"20\.0 is too hot"):
        thermometer.read(20.0)
    assert display.shown == []
    errors = thermometer.read_all(21.0)
    assert [str(error) for error in errors] == ["21.0 is too hot"] * 2
    assert errors[0].__traceback__ is not None
    assert display.shown == [21.0]


def test_an_interrupt_is_not_collected() -> None:
    def interrupt(degrees: float) -> None:
        raise KeyboardInterrupt

    thermometer = Thermometer()
    thermometer.subscribe(interrupt)
    with pytest.raises(KeyboardInterrupt):
        thermometer.read_all(20.0)


def test_a_listener_may_do_everything() -> None:
    thermometer, display = Thermometer(), Display()

    def change(degrees: float) -> None:
        first.cancel()
        thermometer.subscribe(display.show)
        if degrees < 22:
            thermometer.read(degrees + 1)

    first = thermometer.subscribe(change)
    thermometer.read(21.0)
    assert (display.shown, thermometer.listeners) == ([22.0], 1)


def test_endless_calls_are_a_recursion_error() -> None:
    thermometer = Thermometer()

    def again(degrees: float) -> None:
        thermometer.read(degrees)

    thermometer.subscribe(again)
    with pytest.raises(RecursionError):
        thermometer.read(20.0)


def test_a_strong_listener_keeps_its_object_alive_and_a_weak_one_does_not() -> None:
    thermometer, strong, weak = Thermometer(), Display(), Display()
    thermometer.subscribe(strong.show)
    thermometer.subscribe_method(weak.show)
    thermometer.read(20.0)
    assert weak.shown == [20.0]
    references = [weakref.ref(strong), weakref.ref(weak)]
    del strong, weak
    gc.collect()
    assert [reference() is None for reference in references] == [False, True]
    assert thermometer.listeners == 2
    thermometer.read(21.0)
    assert thermometer.listeners == 1


def test_a_plain_weak_reference_to_a_method_is_dead_at_once() -> None:
    display = Display()
    reference = weakref.ref(display.show)
    assert reference() is None
    assert display.show is not display.show
    with pytest.raises(TypeError):
        Thermometer().subscribe_method(fail)


def test_the_collector_sees_listeners() -> None:
    thermometer = Thermometer()
    thermometer.subscribe(lambda degrees, thermometer=thermometer: None)
    seen = weakref.ref(thermometer)
    del thermometer
    gc.collect()
    assert seen() is None


def test_a_thread_of_rust_calls_and_is_stopped() -> None:
    thermometer, calls = Thermometer(), []
    thermometer.subscribe(lambda degrees: calls.append(threading.current_thread()))
    watch = Watch(thermometer)
    end = time.monotonic() + 60
    while not calls and time.monotonic() < end:
        time.sleep(0.001)
    watch.stop()
    count = len(calls)
    time.sleep(0.05)
    assert len(calls) == count > 0
    assert threading.main_thread() not in calls
    watch.stop()


def test_without_a_caller_errors_go_to_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    reports: list[SimpleNamespace] = []
    monkeypatch.setattr(
        sys, "unraisablehook", lambda report: reports.append(SimpleNamespace(error=str(report.exc_value)))
    )
    thermometer = Thermometer()
    thermometer.subscribe(fail)
    watch = Watch(thermometer)
    end = time.monotonic() + 60
    while len(reports) < 2 and time.monotonic() < end:
        time.sleep(0.001)
    watch.stop()
    assert reports[1].error == "21.5 is too hot"


def test_progress_can_end_the_work() -> None:
    done: list[int] = []
    assert callbacks.total([1.0] * 2500, done.append) == 2500.0
    assert done == [0, 1000, 2000]
    assert callbacks.total([1.0] * 2500, lambda count: count < 1000) is None
    with pytest.raises(ValueError, match="0 is too hot"):
        callbacks.total([1.0], fail)
    assert callbacks.total([1.0]) == 1.0


def test_a_closure_is_a_function_without_a_signature() -> None:
    alarm = callbacks.alarm(30.0)
    assert [alarm(degrees) for degrees in (20.0, 31.0, 35.0)] == [0, 1, 2]
    assert (alarm.__name__, alarm.__doc__) == ("alarm", "Count what is too hot.")
    with pytest.raises(ValueError, match="no signature"):
        inspect.signature(alarm)
    with pytest.raises((TypeError, pickle.PicklingError)):
        pickle.dumps(alarm)
    with pytest.raises(ValueError, match="expected tuple of length 1, but got tuple of length 2"):
        alarm(1.0, 2.0)
    assert alarm(20.0, unknown=True) == 2


def test_a_class_with_call_checks_its_arguments() -> None:
    alarm = Alarm(30.0)
    assert [alarm(degrees) for degrees in (20.0, 31.0, 35.0)] == [0, 1, 2]
    assert alarm(degrees=36.0) == 3
    with pytest.raises(ValueError, match="not supported by signature"):
        inspect.signature(alarm)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        alarm(20.0, unknown=True)
