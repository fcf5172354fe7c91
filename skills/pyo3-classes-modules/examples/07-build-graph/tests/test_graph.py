"""What a graph plans and runs, also between threads."""

import copy
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from build_graph import CycleError, DuplicateTaskError, Graph, GraphError, Task, UnknownTaskError

PROJECT = Path(__file__).parents[1]


def names(tasks: list[Task]) -> list[str]:
    return [task.name for task in tasks]


def diamond() -> Graph:
    graph = Graph()
    core = graph.task("core")
    ui = graph.task("ui", needs=[core])
    net = graph.task("net", needs=[core])
    graph.task("app", needs=[ui, net])
    graph.task("docs")
    return graph


def test_a_plan_has_each_task_after_what_it_needs() -> None:
    graph = diamond()
    assert names(graph.plan(graph["app"])) == ["core", "ui", "net", "app"]
    assert names(graph.plan(graph["net"], graph["docs"])) == ["core", "net", "docs"]
    assert names(graph.plan()) == ["core", "ui", "net", "app", "docs"]
    assert Graph().plan() == []


def test_tasks_know_their_neighbours() -> None:
    graph = diamond()
    assert names(graph["app"].needs) == ["ui", "net"]
    assert names(graph["core"].needed_by) == ["ui", "net"]
    assert graph["core"].graph is graph
    assert graph["core"] is graph.tasks[0] is graph["ui"].needs[0]
    assert (len(graph), "ui" in graph, "gone" in graph) == (5, True, False)
    assert (repr(graph), repr(graph["ui"])) == ("<Graph of 5 tasks>", '<Task "ui">')


def test_plans_are_those_that_the_standard_library_accepts() -> None:
    dice = Random(7)
    for _ in range(100):
        graph = Graph()
        # Only in the annotation: as a value `TopologicalSorter[str]` needs Python 3.11.
        sorter: TopologicalSorter[str] = TopologicalSorter()
        tasks = [graph.task(str(number)) for number in range(12)]
        for _ in range(dice.randint(5, 25)):
            left, right = dice.sample(tasks, 2)
            left.require(right)
            sorter.add(left.name, right.name)
        try:
            sorter.prepare()
            cyclic = False
        except ValueError:
            cyclic = True
        if cyclic:
            with pytest.raises(CycleError) as caught:
                graph.plan()
            path = caught.value.path
            assert path[0] == path[-1]
            assert all(graph[need] in graph[task].needs for task, need in pairwise(path))
        else:
            order = {task.name: place for place, task in enumerate(graph.plan())}
            assert len(order) == 12
            assert all(order[need.name] < order[task.name] for task in tasks for need in task.needs)


# region: cycle
def test_a_cycle_is_named() -> None:
    graph = diamond()
    graph["core"].require(graph["app"])
    with pytest.raises(CycleError, match="ui -> core -> app -> ui") as caught:
        graph.plan(graph["ui"], graph["docs"])
    assert caught.value.path == ["ui", "core", "app", "ui"]
    assert names(graph.plan(graph["docs"])) == ["docs"]
    for error in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):  # noqa: S301
        assert (error.path, str(error)) == (caught.value.path, str(caught.value))


# endregion: cycle


def test_actions_run_in_the_order_of_the_plan() -> None:
    graph, ran = Graph(), list[str]()

    def action(task: Task) -> str:
        ran.append(task.name)
        return f"{task.name}.{task.payload}"

    core = graph.task("core", action, payload="a")
    app = graph.task("app", action, needs=[core], payload="exe")
    graph.task("all", needs=[app])
    assert graph.run(graph["all"]) == {"core": "core.a", "app": "app.exe"}
    assert ran == ["core", "app"]


class CompilerError(Exception):
    """An exception that Rust has never heard of."""


@pytest.mark.parametrize("error", [CompilerError("no"), KeyboardInterrupt()], ids=repr)
def test_an_action_that_fails_ends_the_run(error: BaseException) -> None:
    graph, ran = Graph(), list[str]()

    def fail(task: Task) -> None:
        raise error

    core = graph.task("core", fail)
    graph.task("app", lambda task: ran.append(task.name), needs=[core])
    with pytest.raises(type(error)) as caught:
        graph.run()
    assert caught.value is error
    assert ran == []


def test_an_action_may_change_the_graph() -> None:
    graph = Graph()

    def grow(task: Task) -> object:
        extra = graph.task("extra", lambda task: task.name)
        task.require(extra)
        task.action = None
        return graph.run(extra)

    graph.task("first", grow)
    assert graph.run() == {"first": {"extra": "extra"}}
    assert names(graph.plan()) == ["extra", "first"]
    assert graph["first"].action is None


WRONG: list[tuple[Callable[[Graph], object], type[Exception], str]] = [
    (lambda graph: graph.task("ui"), DuplicateTaskError, "there is a task `ui` already"),
    (lambda graph: graph["gone"], UnknownTaskError, "gone"),
    (lambda graph: graph.plan(diamond()["ui"]), ValueError, "task `ui` is in another graph"),
    (lambda graph: graph["ui"].require(diamond()["ui"]), ValueError, "task `ui` is in another graph"),
    (lambda graph: graph.task("x", needs=diamond().tasks), ValueError, "task `core` is in another graph"),
    (lambda graph: graph.task("x", 5), TypeError, "action must be callable or None"),  # type: ignore[arg-type]
    (lambda graph: setattr(graph["ui"], "action", 5), TypeError, "action must be callable or None"),
    (lambda graph: graph.plan("ui"), TypeError, "'str'"),  # type: ignore[arg-type]
    (lambda graph: Task(), TypeError, "Task"),
]


@pytest.mark.parametrize(("wrong", "error", "message"), WRONG)
def test_what_is_wrong_is_refused_and_changes_nothing(
    wrong: Callable[[Graph], object], error: type[Exception], message: str
) -> None:
    graph = diamond()
    with pytest.raises(error, match=re.escape(message)):
        wrong(graph)
    assert names(graph.plan()) == ["core", "ui", "net", "app", "docs"]


def test_exceptions_have_a_base_of_the_package() -> None:
    assert all(issubclass(error, GraphError) for error in (CycleError, DuplicateTaskError, UnknownTaskError))


def test_threads_build_one_graph() -> None:
    graph = Graph()
    root = graph.task("root")

    def add(worker: int) -> None:
        last = root
        for number in range(200):
            last = graph.task(f"{worker}-{number}", needs=[last])
            assert graph[last.name] is last
            graph.plan(last)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    assert len(graph) == 801
    assert len(root.needed_by) == 4
    order = {task.name: place for place, task in enumerate(graph.plan())}
    assert all(order[need.name] < order[task.name] for task in graph.tasks for need in task.needs)


def test_only_one_thread_gets_a_name() -> None:
    graph, barrier = Graph(), threading.Barrier(4)

    def add(_: int) -> bool:
        barrier.wait()
        try:
            graph.task("same", payload=object())
        except DuplicateTaskError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(4))) == 1
    assert len(graph) == 1


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    program = "\n".join(re.findall(r"```python\n(.*?)```", guide, re.DOTALL))
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "core.o app\nthese tasks need each other: core -> app -> core\n"
