"""Which bytes a layout reaches, and which two of them share."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scaffolder.runtime.memory import Export, Layout, Subject

    Run = tuple[int, int]

# Beyond this many pieces only the ends are compared.
MOST_RUNS = 400_000


@dataclass(frozen=True)
class Area:
    """The bytes that an export reaches.

    Attributes:
        runs: Where pieces begin and end, in order and apart from each other.
        is_exact: Whether each byte in them is reached; else only their ends are known.
    """

    runs: tuple[Run, ...]
    is_exact: bool = True

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return sum(end - start for start, end in self.runs)


@dataclass(frozen=True)
class Sharing:
    """Memory that two objects share.

    Attributes:
        first: The one object, and its protocol.
        second: The other one, and its protocol.
        shared: The bytes that both reach.
        size: The bytes that the first reaches.
        other_size: The bytes that the second reaches.
        is_exact: Whether every byte was compared; else these are bounds.
        is_within: Whether all of the second is in the first, or all of the first in the second.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    shared: int
    size: int
    other_size: int
    is_exact: bool
    is_within: bool


def span(layout: Layout) -> Run:
    """Return the first byte of a layout, and the one after its last."""
    if 0 in layout.shape:
        return layout.address, layout.address
    steps = [(size - 1) * stride for size, stride in zip(layout.shape, layout.strides, strict=True)]
    start = layout.address + sum(step for step in steps if step < 0)
    return start, layout.address + sum(step for step in steps if step > 0) + layout.itemsize


def area(layout: Layout) -> Area:
    """Return the bytes of a layout."""
    start, end = span(layout)
    if start == end or not layout.itemsize:
        return Area(())
    # Signs do not matter, nor does the order of dimensions.
    pairs = zip(layout.shape, layout.strides, strict=True)
    steps = sorted((abs(stride), size) for size, stride in pairs if size > 1 and stride)
    width = layout.itemsize
    while steps and steps[0][0] <= width:
        stride, size = steps.pop(0)
        width += stride * (size - 1)
    if math.prod(size for _, size in steps) > MOST_RUNS:
        return Area(((start, end),), is_exact=False)
    offsets = (sum(place) for place in itertools.product(*(range(0, s * n, s) for s, n in steps)))
    return Area(merge((start + offset, start + offset + width) for offset in offsets))


def merge(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return pieces in order, those that touch as one."""
    result: list[Run] = []
    for start, end in sorted(runs):
        if result and start <= result[-1][1]:
            result[-1] = result[-1][0], max(result[-1][1], end)
        else:
            result.append((start, end))
    return tuple(result)


def area_of(export: Export) -> Area:
    """Return the bytes of an export; those behind pointers are not known."""
    if export.facts.get("indirect"):
        return Area((), is_exact=False)
    areas = [area(layout) for layout in export.layouts]
    return Area(merge(run for piece in areas for run in piece.runs), all(piece.is_exact for piece in areas))


def shared_bytes(first: Area, second: Area) -> int:
    """Return how many bytes two areas have in common."""
    count = i = j = 0
    while i < len(first.runs) and j < len(second.runs):
        (start, end), (begin, stop) = first.runs[i], second.runs[j]
        count += max(0, min(end, stop) - max(start, begin))
        i, j = (i + 1, j) if end <= stop else (i, j + 1)
    return count


def is_within(inner: Area, outer: Area) -> bool:
    """Return whether all bytes of an area are in another one, of which each byte is known."""
    return bool(inner.runs) and outer.is_exact and shared_bytes(inner, outer) == inner.size


def sharings(subjects: tuple[Subject, ...]) -> list[Sharing]:
    """Return what each two objects share at most, by any of their protocols."""
    areas = {
        subject.name: {protocol: area_of(export) for protocol, export in subject.exports.items() if export.layouts}
        for subject in subjects
    }
    result = []
    for first, second in itertools.combinations(areas, 2):
        pairs = itertools.product(areas[first].items(), areas[second].items())
        candidates = [
            Sharing(
                (first, one_protocol), (second, protocol), shared_bytes(left, right), left.size, right.size,
                left.is_exact and right.is_exact, is_within(left, right) or is_within(right, left),
            )
            for (one_protocol, left), (protocol, right) in pairs
        ]  # fmt: skip
        best = max(candidates, key=lambda sharing: sharing.shared, default=None)
        if best is not None:
            result.append(best)
    return result
