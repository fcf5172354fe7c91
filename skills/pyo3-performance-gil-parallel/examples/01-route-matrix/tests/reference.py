"""The same in plain Python, and maps to try it on."""

import random
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import inf

Road = tuple[int, int, float]


class PlainGraph:
    """What one writes without Rust."""

    def __init__(self, roads: Iterable[Road]) -> None:
        self.leaving: dict[int, list[tuple[int, float]]] = {}
        for start, end, seconds in roads:
            self.leaving.setdefault(start, []).append((end, seconds))

    def travel_times(self, source: int, targets: Sequence[int], limit: float = inf) -> list[float]:
        best, queue, missing = {source: 0.0}, [(0.0, source)], set(targets)
        while queue and missing:
            seconds, node = heappop(queue)
            if seconds > limit:
                break
            if seconds > best[node]:
                continue
            missing.discard(node)
            for end, more in self.leaving.get(node, ()):
                if seconds + more < best.get(end, inf):
                    best[end] = seconds + more
                    heappush(queue, (seconds + more, end))
        return [seconds if (seconds := best.get(target, inf)) <= limit else inf for target in targets]


def make_city(side: int, seed: int = 1) -> list[Road]:
    """Make streets between `side` times `side` crossings, each with a time for both directions."""
    dice = random.Random(seed)
    roads = []
    for node in range(side * side):
        ends = [node + 1] * (node % side < side - 1) + [node + side] * (node + side < side * side)
        roads += [(*pair, dice.uniform(5, 60)) for end in ends for pair in ((node, end), (end, node))]
    return roads
