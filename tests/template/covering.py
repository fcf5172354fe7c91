"""Few rows that show each two values together: a covering array of strength two, found greedily."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Value = tuple[str, Any]
    Pair = tuple[Value, Value]


def cover(axes: Mapping[str, Sequence[Any]], excluded: Callable[[Mapping[str, Any]], bool]) -> list[dict[str, Any]]:
    """Choose rows in which each two values of different axes meet, unless they are excluded.

    Values that serve equally well take turns, so that no row is all of one kind.
    """
    missing = dict.fromkeys(pair for pair in pairs(axes) if not excluded(dict(pair)))
    used: Counter[Value] = Counter()
    rows = []
    while missing:
        first = next(iter(missing))
        row = complete(dict(first), axes, excluded, missing, used)
        del missing[first]
        if row is None:
            continue
        rows.append(row)
        used.update(row.items())
        for pair in combinations(row.items(), 2):
            missing.pop(pair, None)
    return rows


def pairs(axes: Mapping[str, Sequence[Any]]) -> Iterator[Pair]:
    """Return each two values that can meet."""
    for one, other in combinations(axes, 2):
        for left, right in product(axes[one], axes[other]):
            yield (one, left), (other, right)


def complete(
    row: dict[str, Any],
    axes: Mapping[str, Sequence[Any]],
    excluded: Callable[[Mapping[str, Any]], bool],
    missing: Mapping[Pair, None],
    used: Counter[Value],
) -> dict[str, Any] | None:
    """Give a row a value on each axis, the one with the most missing pairs; none if nothing is left to choose."""
    for axis, values in axes.items():
        candidates = [value for value in values if axis not in row and not excluded({**row, axis: value})]
        if candidates:
            gains = {value: gain({**row, axis: value}, axis, axes, missing) for value in candidates}
            row[axis] = max(candidates, key=lambda value: (gains[value], -used[axis, value]))
    return {axis: row[axis] for axis in axes} if len(row) == len(axes) else None


def gain(row: Mapping[str, Any], axis: str, axes: Mapping[str, Sequence[Any]], missing: Mapping[Pair, None]) -> int:
    """Count the missing pairs that a row has on one of its axes."""
    ordered = [(other, row[other]) for other in axes if other in row]
    return sum(pair in missing for pair in combinations(ordered, 2) if axis in dict(pair))
