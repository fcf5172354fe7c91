"""When graphs are freed, and when they must not be."""

import gc
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_graph import Graph, Task


class Payload:
    """An object that can refer to others, and be watched."""

    task: Task


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    gc.collect()
    yield
    gc.collect()


def chain(length: int) -> Graph:
    """Return a graph whose tasks refer to it in every way there is."""
    graph = Graph()
    needs: list[Task] = []
    for number in range(length):
        payload = Payload()
        payload.task = graph.task(str(number), needs=needs, payload=payload)
        payload.task.action = lambda task, payload=payload: (graph, payload)
        needs = [payload.task]
    return graph


# region: freed
def test_a_graph_without_references_is_freed() -> None:
    graph = chain(10)
    gone = [weakref.ref(graph)]
    for task in graph.tasks:
        gone += [weakref.ref(task), weakref.ref(task.payload), weakref.ref(task.action)]  # type: ignore[arg-type]
        del task
    del graph
    # They refer in circles, so only the collector finds out.
    assert all(reference() is not None for reference in gone)
    gc.collect()
    assert [reference() for reference in gone] == [None] * 31


# endregion: freed


@pytest.mark.parametrize("kept", ["graph", "task", "payload", "action"])
def test_whatever_is_kept_keeps_the_whole_graph(kept: str) -> None:
    graph = chain(50)
    last = graph["49"]
    holder = {"graph": graph, "task": last, "payload": last.payload, "action": last.action}[kept]
    gone = weakref.ref(graph)
    del graph, last
    gc.collect()
    alive = gone()
    assert alive is not None
    assert [task.payload.task is task for task in alive.plan()] == [True] * 50
    del alive, holder
    gc.collect()
    assert gone() is None


def test_a_cycle_of_needs_is_freed_too() -> None:
    graph = chain(3)
    graph["0"].require(graph["2"])
    gone = weakref.ref(graph)
    del graph
    gc.collect()
    assert gone() is None


def test_a_payload_that_is_replaced_is_freed_at_once() -> None:
    graph = Graph()
    task = graph.task("a", payload=Payload())
    gone = weakref.ref(task.payload)
    task.payload = None
    assert gone() is None


def test_a_task_that_is_refused_frees_its_payload() -> None:
    graph, payload = chain(3), Payload()
    gone = weakref.ref(payload)
    with pytest.raises(ValueError, match="there is a task"):
        graph.task("1", payload=payload)
    del payload
    gc.collect()
    assert gone() is None
    assert len(graph) == 3


# region: finalizer
def test_a_finalizer_may_still_use_the_graph() -> None:
    seen: list[object] = []

    class Last(Payload):
        def __del__(self) -> None:
            graph = self.task.graph
            seen.append([task.name for task in graph.plan()])
            self.task.payload = None

    graph = Graph()
    last = Last()
    last.task = graph.task("b", needs=[graph.task("a")], payload=last)
    del graph, last
    gc.collect()
    assert seen == [["a", "b"]]


def test_a_finalizer_may_bring_the_graph_back() -> None:
    saved: list[Graph] = []

    class Phoenix(Payload):
        def __del__(self) -> None:
            saved.append(self.task.graph)

    graph = Graph()
    phoenix = Phoenix()
    phoenix.task = graph.task("a", payload=phoenix)
    del graph, phoenix
    gc.collect()
    (graph,) = saved
    assert graph["a"].payload.task is graph["a"]


# endregion: finalizer


def test_a_finalizer_runs_without_a_lock() -> None:
    class Nosy(Payload):
        def __del__(self) -> None:
            self.task.payload = None
            self.task.action = None
            self.task.graph.plan()

    graph = Graph()
    nosy = Nosy()
    nosy.task = graph.task("a", payload=nosy)
    nosy.task.payload, nosy = None, None  # type: ignore[assignment]
    assert graph["a"].payload is None


# region: threads
def test_the_collector_runs_while_threads_use_the_graph() -> None:
    graph = chain(200)
    stop = threading.Event()
    broken: list[object] = []

    def use() -> None:
        while not stop.is_set():
            # Detached for most of the time, so that the collector runs in the middle of it.
            tasks = graph.plan()
            if not all(task.payload.task is task and task.action for task in tasks[::20]):
                broken.append(tasks)

    threads = [threading.Thread(target=use) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        gc.collect()
    stop.set()
    for thread in threads:
        thread.join()
    assert broken == []
    assert len(graph.tasks) == 200


# endregion: threads


def resident() -> int:
    """Return how much memory the process has, in bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads `/proc`")
def test_memory_stays_flat_over_many_rounds() -> None:
    def rounds(count: int) -> None:
        for _ in range(count):
            graph = chain(100)
            for task in graph.tasks:
                task.payload.data = bytes(10_000)
            del graph, task
            gc.collect()

    rounds(10)
    before = resident()
    rounds(50)
    # One round that leaks is a megabyte, so all would be fifty.
    assert resident() - before < 8_000_000
