"""The same in Python: what is right, for the tests, and what it takes, for the benchmarks."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def shingles(text: str, words: int = 3) -> set[tuple[str, ...]]:
    """Return the runs of words of a text."""
    parts = re.findall(r"[^\W_]+", text.lower())
    count = max(1, len(parts) - words + 1) if parts else 0
    return {tuple(parts[place : place + words]) for place in range(count)}


def similarity(first: str, second: str, words: int = 3) -> float:
    """Return the share of runs that two texts have in common."""
    a, b = shingles(first, words), shingles(second, words)
    return len(a & b) / max(1, len(a | b))


def groups(texts: list[str], threshold: float) -> list[list[int]]:
    """Group texts by comparing each with each."""
    runs = [shingles(text) for text in texts]
    parents = list(range(len(texts)))

    def root(place: int) -> int:
        while parents[place] != place:
            place = parents[place]
        return place

    for second in range(len(texts)):
        for first in range(second):
            if len(runs[first] & runs[second]) >= threshold * max(1, len(runs[first] | runs[second])):
                low, high = sorted((root(first), root(second)))
                parents[high] = low
    members: dict[int, list[int]] = {}
    for place in range(len(texts)):
        members.setdefault(root(place), []).append(place)
    return [group for group in members.values() if len(group) > 1]


def corpus(originals: int, copies: int, words: int = 200, seed: int = 1) -> list[str]:
    """Return texts, of which the last ones are copies with a few other words."""
    dice = random.Random(seed)
    texts = [" ".join(f"word{dice.randrange(5000)}" for _ in range(words)) for _ in range(originals)]
    return [*texts, *(change(dice.choice(texts), dice) for _ in range(copies))]


def change(text: str, dice: random.Random) -> str:
    """Return a text with two other words."""
    words: Iterable[str] = text.split()
    changed = list(words)
    for _ in range(2):
        changed[dice.randrange(len(changed))] = "Other,"
    return " ".join(changed)
