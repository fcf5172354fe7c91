"""Measure planning beside `graphlib`; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import time
from collections.abc import Callable
from graphlib import TopologicalSorter

from build_graph import Graph


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best * 1000:>10.1f} ms")


def main() -> None:
    """Plan for a hundred thousand tasks that need three others each."""
    dice = random.Random(7)
    graph, needs = Graph(), dict[str, list[str]]()
    for number in range(100_000):
        chosen = {dice.randrange(number) for _ in range(3)} if number else set[int]()
        needs[str(number)] = [str(need) for need in chosen]
        graph.task(str(number), needs=[graph[str(need)] for need in chosen])
    measure("graphlib.TopologicalSorter", lambda: list(TopologicalSorter(needs).static_order()))
    measure("Graph.plan", graph.plan)


if __name__ == "__main__":
    main()
