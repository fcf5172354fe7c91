"""All rows of a matrix, in threads that Python starts."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from threading import Event

from route_matrix._core import RoadGraph


# region: matrix
def travel_matrix(
    graph: RoadGraph,
    sources: Iterable[int],
    targets: Iterable[int],
    *,
    limit: float = inf,
    threads: int | None = None,
) -> list[list[float]]:
    """Compute the travel times from each source to each target.

    Args:
        graph: The roads.
        sources: Where ways begin, a row for each.
        targets: Where ways end, a column for each.
        limit: The longest time of interest, in seconds.
        threads: How many rows are computed at once; as many as there are cores for this process, if not given.

    Returns:
        The seconds; infinity where no way leads within the limit.

    Raises:
        KeyError: If no road touches a point.
        ValueError: If the limit is negative or not a number, or there are no threads.
    """
    row = partial(graph.travel_times, targets=list(targets), limit=limit)
    jobs = SimpleQueue[tuple[int, int]]()
    for place, source in enumerate(sources):
        jobs.put((place, source))
    matrix: list[list[float]] = [[] for _ in range(jobs.qsize())]
    stop = Event()

    def work() -> None:
        while not stop.is_set():
            try:
                place, source = jobs.get_nowait()
            except Empty:
                return
            matrix[place] = row(source)

    count = count_cores() if threads is None else threads
    with ThreadPoolExecutor(count) as pool:
        # A task for each thread, not for each row: Ctrl-C in the middle of `submit` may leave the pool's lock taken.
        tasks = [pool.submit(work) for _ in range(count)]
        try:
            for task in as_completed(tasks):
                task.result()
        finally:
            # After Ctrl-C, or a row that failed, those that are left are of no use.
            stop.set()
    return matrix


# endregion: matrix


def count_cores() -> int:
    """Count the cores that this process may use, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
