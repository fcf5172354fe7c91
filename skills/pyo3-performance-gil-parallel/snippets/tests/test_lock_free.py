"""Queues and maps that many threads use, and the deadlocks of a map that is made of locks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from performance_snippets._core import lock_free
from tests.watchdog import ends, hangs


def test_what_does_not_fit_is_counted() -> None:
    samples = lock_free.Samples(4)
    for number in range(6):
        samples.push(float(number))
    assert (len(samples), samples.dropped) == (4, 2)
    assert samples.drain() == [0.0, 1.0, 2.0, 3.0]
    assert samples.drain() == []
    for number in range(6):
        samples.push_newest(float(number))
    assert samples.drain() == [2.0, 3.0, 4.0, 5.0]
    assert samples.dropped == 4
    with pytest.raises(ValueError, match="at least one sample"):
        lock_free.Samples(0)


def test_no_sample_is_lost_or_doubled() -> None:
    samples = lock_free.Samples(64)
    start = threading.Barrier(4)

    def measure(number: int) -> None:
        start.wait(timeout=60)
        for step in range(2_000):
            samples.push(number * 10_000.0 + step)

    kept: list[float] = []
    with ThreadPoolExecutor(4) as threads:
        measuring = [threads.submit(measure, number) for number in range(3)]
        start.wait(timeout=60)
        while not all(future.done() for future in measuring):
            kept += samples.drain()
    kept += samples.drain()
    assert len(kept) == len(set(kept)) == 6_000 - samples.dropped


def test_a_queue_keeps_the_order_of_each_thread() -> None:
    assert lock_free.keeps_order(3, 20_000)


def test_objects_come_out_as_they_went_in() -> None:
    objects = [object(), [], {}]
    assert [a is b for a, b in zip(lock_free.through_queue(objects), objects, strict=True)] == [True] * 3


def test_sightings_of_all_threads_count() -> None:
    sightings = lock_free.Sightings()
    birds = ["wren", "swift", "wren", "Zaunkönig"]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: sightings.add(birds * 100), range(8)))
    assert sightings.counts() == {"wren": 1_600, "swift": 800, "Zaunkönig": 800}
    sightings.forget_rare(1_000)
    assert sightings.counts() == {"wren": 1_600}


HOLD = """
sightings = _core.lock_free.Sightings()
sightings.add(["wren"])
print(sightings.hold_and({way!r}))
"""


@pytest.mark.parametrize("way", ["insert", "insert others", "get_mut"])
def test_an_entry_that_is_held_locks_out_its_own_thread(way: str) -> None:
    assert hangs(HOLD.format(way=way))


@pytest.mark.parametrize(("way", "result"), [("get", "1"), ("len", "1"), ("try_get_mut", "0")])
def test_reading_twice_is_possible(way: str, result: str) -> None:
    assert ends(HOLD.format(way=way)) == result


def test_removing_while_iterating_hangs() -> None:
    assert hangs("sightings = _core.lock_free.Sightings(); sightings.add(['wren']); sightings.remove_while_iterating()")


BESIDE = """
sightings, begun = _core.lock_free.Sightings(), threading.Event()
sightings.add(["wren"])

def call(name):
    begun.set()
    time.sleep(0.3)

calling = threading.Thread(target=sightings.each_locked, args=(call,))
calling.start()
begun.wait()
{action}
calling.join()
print("done")
"""


def test_a_map_is_a_lock_beside_the_interpreter() -> None:
    # The callable runs with a part of the map locked for reading: a reader passes, a writer waits.
    assert ends(BESIDE.format(action="sightings.count_attached('wren')")) == "done"
    assert ends(BESIDE.format(action="sightings.add(['wren'])")) == "done"


def test_who_waits_for_a_map_attached_may_hang() -> None:
    assert hangs(BESIDE.format(action="sightings.add_attached('wren')"))


def test_a_callable_that_writes_the_map_it_is_called_from() -> None:
    code = BESIDE.replace("    time.sleep(0.3)", "    sightings.add([name])")
    assert hangs(code.format(action="pass"))


def test_one_thread_makes_a_text() -> None:
    descriptions = lock_free.Descriptions()
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(descriptions.get, ["wren"] * 16)) == {"wren, 4 letters"}
    assert descriptions.made == 1


def test_batches_lose_nothing() -> None:
    readings = [float(number - 5) for number in range(20_000)]
    assert sorted(lock_free.collect_batches(readings)) == readings[6:]


def test_the_costs_can_be_measured() -> None:
    for kind in ("queue, SegQueue", "count, DashMap", "count, a HashMap a thread, then merged"):
        assert lock_free.nanoseconds(kind, 2, 1_000) > 0
    with pytest.raises(ValueError, match="nothing is called Door"):
        lock_free.nanoseconds("Door", 1, 1)
