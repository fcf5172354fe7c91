"""Rows as plain Python computes them, in one thread and in many."""

import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from reference import PlainGraph, Road, make_city
from route_matrix import RoadGraph, travel_matrix

PROJECT = Path(__file__).parents[1]
CITY = make_city(30)


@pytest.mark.parametrize("seed", range(20))
def test_rows_are_those_of_plain_python(seed: int) -> None:
    dice = random.Random(seed)
    nodes = [dice.randrange(-(2**63), 2**63) for _ in range(dice.randint(1, 30))]
    roads = [(dice.choice(nodes), dice.choice(nodes), dice.choice([0, 0.5, dice.random()])) for _ in range(60)]
    touched = sorted({node for road in roads for node in road[:2]})
    graph, plain = RoadGraph(iter(roads)), PlainGraph(roads)
    assert (graph.nodes, graph.roads) == (len(touched), 60)
    for limit in (inf, 1, 0.3, 0):
        for source in touched:
            assert graph.travel_times(source, touched, limit=limit) == plain.travel_times(source, touched, limit)


def test_a_graph_says_what_it_is() -> None:
    assert repr(RoadGraph([(1, 2, 3)])) == "<RoadGraph of 2 points, 1 roads>"
    assert RoadGraph([]).nodes == 0


@pytest.mark.parametrize("seconds", [-1, nan, inf, -1e-300])
def test_times_are_checked(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"the road from 1 to 2 takes .* expected a finite number"):
        RoadGraph([(1, 2, seconds)])


@pytest.mark.parametrize("roads", [None, 5, [5], [(1, 2)], [(1, 2, "x")], ["abc"], [(1.5, 2, 1)]])
def test_only_roads_are_taken(roads: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        RoadGraph(roads)
    with pytest.raises(OverflowError):
        RoadGraph([(2**63, 1, 1)])


def test_what_an_iterator_raises_arrives() -> None:
    def read() -> Iterator[Road]:
        yield (1, 2, 1)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        RoadGraph(read())


def test_large_sums_are_no_way() -> None:
    graph = RoadGraph([(1, 2, 1e308), (2, 3, 1e308)])
    assert graph.travel_times(1, [2, 3]) == [1e308, inf]


def test_points_and_limits_are_checked() -> None:
    graph = RoadGraph([(1, 2, 3)])
    for source, targets in ((9, [1]), (1, [2, 9])):
        with pytest.raises(KeyError) as caught:
            graph.travel_times(source, targets)
        assert caught.value.args == (9,)
    for limit in (-1, nan):
        with pytest.raises(ValueError, match="`limit` is"):
            graph.travel_times(1, [2], limit=limit)
    assert graph.travel_times(1, []) == []


@pytest.mark.parametrize("targets", [5, ["1"], [1.0], None])
def test_only_points_are_taken(targets: Any) -> None:
    with pytest.raises(TypeError):
        RoadGraph([(1, 2, 3)]).travel_times(1, targets)


class Endless:
    """Claims to have more elements than any memory holds."""

    def __len__(self) -> int:
        return 2**62

    def __getitem__(self, place: int) -> int:
        return [1, 2][place]


def test_a_length_is_not_believed() -> None:
    targets: Any = Endless()
    assert RoadGraph([(1, 2, 3)]).travel_times(1, targets) == [0, 3]


# region: threads
@pytest.mark.parametrize("threads", [None, 1, 4, 10**9])
def test_a_matrix_is_made_of_rows(threads: int | None) -> None:
    graph, plain = RoadGraph(CITY), PlainGraph(CITY)
    sources, targets = range(0, 900, 45), range(7, 900, 31)
    matrix = travel_matrix(graph, sources, iter(targets), threads=threads)
    assert matrix == [plain.travel_times(source, targets) for source in sources]


def test_threads_share_one_graph() -> None:
    graph = RoadGraph(CITY)
    expected = graph.travel_times(0, range(900))
    start = threading.Barrier(8)

    def work() -> list[list[float]]:
        start.wait()
        return [graph.travel_times(0, range(900)) for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(work) for _ in range(8)]
    assert all(row == expected for future in futures for row in future.result())


def test_other_threads_run_meanwhile() -> None:
    graph = RoadGraph(make_city(150))
    ticks, over = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.wait(0.0005):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    before, rounds, during = ticks, 0, 0
    # A row by itself may be too fast to be seen.
    while rounds < 200 and during < 3:
        graph.travel_times(0, [150 * 150 - 1])
        rounds, during = rounds + 1, ticks - before
    over.set()
    ticker.join()
    assert during >= 3


def test_a_row_that_fails_ends_the_matrix() -> None:
    graph = RoadGraph(make_city(60))
    started = time.process_time()
    with pytest.raises(KeyError):
        travel_matrix(graph, [-1] + [0] * 100_000, [3599], threads=2)
    assert time.process_time() - started < 10, "the rows that were left are not computed"
    with pytest.raises(ValueError, match="max_workers"):
        travel_matrix(graph, [0], [1], threads=0)


# endregion: threads


# region: interrupt
def interrupt_in(seconds: float) -> None:
    """Press Ctrl-C later: the terminal's signal arrives in the main thread, `raise_signal` would wake the timer's."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # What a shell starts in the background ignores it.
    main = threading.main_thread().ident
    assert main is not None
    threading.Timer(seconds, lambda: signal.pthread_kill(main, signal.SIGINT)).start()


def interrupt(work: Callable[[], object]) -> None:
    """Press Ctrl-C while it works. The timer starts where the exception is expected, however long that takes."""

    def begin() -> None:
        interrupt_in(0.3)
        work()

    with pytest.raises(KeyboardInterrupt):
        begin()


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_a_row() -> None:
    street = RoadGraph((node, node + 1, 1) for node in range(60_000))
    # `map` runs no Python code between the rows, so only Rust can see the signal.
    rows = map(street.travel_times, repeat(0, 100_000), repeat([60_000]))
    interrupt(lambda: deque(rows, maxlen=0))
    assert street.travel_times(0, [60_000]) == [60_000]


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_a_matrix() -> None:
    graph = RoadGraph(make_city(60))
    started = time.process_time()
    interrupt(lambda: travel_matrix(graph, [0] * 100_000, [3599], threads=2))
    assert time.process_time() - started < 10


# endregion: interrupt


def test_a_process_ends_while_threads_work() -> None:
    source = """
import threading
from route_matrix import RoadGraph
street = RoadGraph((node, node + 1, 1) for node in range(60_000))
def work():
    while True:
        street.travel_times(0, [60_000])
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
street.travel_times(0, [60_000])
print("end")
"""
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout == "end\n"


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
