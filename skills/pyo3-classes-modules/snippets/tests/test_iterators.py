"""Lazy iterators: what they hold, when they end, and what threads, changes and errors do to them."""

import gc
import itertools
import operator
import threading
import time
from collections import abc
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from classes_snippets._core import iterators

Arrivals, Peaks, Readings, Trace = iterators.Arrivals, iterators.Peaks, iterators.Readings, iterators.Trace


def in_threads(work: Callable[[], object], count: int = 4) -> None:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)


def wait_until_no_worker_is_left() -> None:
    end = time.monotonic() + 60
    while iterators.workers():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_each_iterator_begins_anew_and_outlives_what_it_reads() -> None:
    trace = Trace([1.0, 2.0, 3.0])
    first = iter(trace)
    assert next(first) == 1.0
    assert list(trace) == [1.0, 2.0, 3.0]
    del trace
    assert (iter(first) is first, operator.length_hint(first), list(first)) == (True, 2, [2.0, 3.0])
    assert (next(first, None), next(first, None), operator.length_hint(first)) == (None, None, 0)


def test_an_iterator_needs_no_registration() -> None:
    assert isinstance(iter(Trace([])), abc.Iterator)
    assert isinstance(Trace([]), abc.Iterable)


def test_a_hint_that_is_too_high_costs_memory() -> None:
    class Boaster:
        def __iter__(self) -> abc.Iterator[int]:
            return iter([])

        def __length_hint__(self) -> int:
            return 2**60

    with pytest.raises(MemoryError):
        list(Boaster())


def test_steps_are_lazy_and_share_one_source() -> None:
    stream = Trace([-1.0, -4.0, 2.0, 5.0, 0.0, 6.0]).stream()
    high = stream.rectified().above(3.0)
    assert next(high) == 4.0
    assert next(stream) == 2.0
    assert list(high) == [5.0, 6.0]
    assert list(stream) == []


def test_events_look_one_sample_ahead() -> None:
    stream = Trace([0.0, 3.0, 5.0, 1.0, 4.0]).stream()
    assert list(stream.events(3.0)) == [(1, 5.0), (4, 4.0)]


def test_itertools_takes_them_as_they_are() -> None:
    stream = Trace([1.0, 2.0, 3.0, 4.0]).stream()
    assert list(itertools.islice((sample * 2 for sample in stream), 2)) == [2.0, 4.0]
    assert next(stream) == 3.0


def test_stop_iteration_carries_a_value() -> None:
    def mean_of(trace: Trace) -> Generator[float, None, float]:
        return (yield from trace.replay())

    replay = mean_of(Trace([1.0, 3.0]))
    assert [next(replay), next(replay)] == [1.0, 3.0]
    with pytest.raises(StopIteration) as end:
        next(replay)
    assert end.value.value == 2.0
    assert list(Trace([1.0, 3.0]).replay()) == [1.0, 3.0]


def test_a_change_ends_an_iteration_that_counts_versions() -> None:
    arrivals = Arrivals()
    arrivals.add(3.0)
    arrivals.add(1.0)
    seconds = iter(arrivals)
    assert next(seconds) == 1.0
    arrivals.add(2.0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="arrivals changed during iteration"):
            next(seconds)
    assert list(arrivals) == [1.0, 2.0, 3.0]


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "readings.txt"
    file.write_text("1.5\n2\n?\n4\n", encoding="utf-8")
    readings = Readings(file)
    assert [next(readings), next(readings)] == [1.5, 2.0]
    with pytest.raises(ValueError, match=r"line 3: `\?` is not a number"):
        next(readings)
    assert list(readings) == []
    with pytest.raises(FileNotFoundError):
        Readings(tmp_path / "missing.txt")


def test_threads_share_out_what_one_iterator_yields(tmp_path: Path) -> None:
    file = tmp_path / "readings.txt"
    file.write_text("".join(f"{number}\n" for number in range(5_000)), encoding="utf-8")
    readings, seen = Readings(file), []
    in_threads(lambda: seen.extend(readings))
    assert sorted(seen) == list(range(5_000))


def test_parallel_work_keeps_the_order() -> None:
    traces = [Trace([float(number), 0.0]) for number in range(500)]
    assert list(Peaks(traces, ahead=8)) == [float(number) for number in range(500)]
    peaks, seen = Peaks(traces, ahead=8), []
    in_threads(lambda: seen.extend(peaks))
    assert sorted(seen) == [float(number) for number in range(500)]
    wait_until_no_worker_is_left()


def test_a_dropped_iterator_ends_its_worker() -> None:
    peaks = Peaks([Trace([1.0])] * 1_000, ahead=4)
    assert next(peaks) == 1.0
    assert iterators.workers() == 1
    del peaks
    gc.collect()
    wait_until_no_worker_is_left()


def test_a_waiting_worker_leaves_the_pool_to_others() -> None:
    waiting = [Peaks([Trace([1.0])] * 1_000, ahead=1) for _ in range(8)]
    assert list(Peaks([Trace([2.0])] * 100, ahead=8)) == [2.0] * 100
    waiting.clear()
    wait_until_no_worker_is_left()


def test_a_panic_of_the_worker_is_no_silent_end() -> None:
    peaks = Peaks.broken()
    with pytest.raises(RuntimeError, match="the worker panicked"):
        next(peaks)
    assert list(peaks) == []


def test_rust_sends_into_a_generator() -> None:
    closed = []

    def mean() -> Generator[float, float, None]:
        total, count, answer = 0.0, 0, 0.0
        try:
            while True:
                total += yield answer
                count += 1
                answer = total / count
        finally:
            closed.append(True)

    assert iterators.feed(mean(), [1.0, 3.0, 5.0]) == [1.0, 2.0, 3.0]
    assert closed == [True]
    with pytest.raises(AttributeError, match="no attribute 'send'"):
        iterators.feed(iter([1.0]), [1.0])
