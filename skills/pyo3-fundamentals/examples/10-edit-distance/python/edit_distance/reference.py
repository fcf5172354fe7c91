"""The same functions in Python: slow, short, and what the tests hold the fast ones to."""

from collections.abc import Sequence


# region: reference
def distance(left: str, right: str, *, swaps: bool = False, cutoff: int | None = None) -> int | None:
    """Count the edits that turn one text into another; see `edit_distance.distance`."""
    table = [[max(i, j) if 0 in {i, j} else 0 for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            replaced = table[i - 1][j - 1] + (left[i - 1] != right[j - 1])
            table[i][j] = min(replaced, table[i - 1][j] + 1, table[i][j - 1] + 1)
            if swaps and left[i - 2 : i] == right[j - 2 : j][::-1] and min(i, j) > 1:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    edits = table[-1][-1]
    return edits if cutoff is None or edits <= cutoff else None


# endregion: reference


def distances(word: str, others: Sequence[str], *, swaps: bool = False, cutoff: int | None = None) -> list[int | None]:
    """Count the edits that turn a word into each of many others; see `edit_distance.distances`."""
    return [distance(word, other, swaps=swaps, cutoff=cutoff) for other in others]


def closest(
    word: str, candidates: Sequence[str], *, swaps: bool = False, cutoff: int | None = None
) -> tuple[str, int] | None:
    """Find the candidate that is the fewest edits away from a word; see `edit_distance.closest`."""
    found = zip(candidates, distances(word, candidates, swaps=swaps, cutoff=cutoff), strict=True)
    within = [(candidate, edits) for candidate, edits in found if edits is not None]
    return min(within, key=lambda pair: pair[1], default=None)
