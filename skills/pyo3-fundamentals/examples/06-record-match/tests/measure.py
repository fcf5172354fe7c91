"""Measure what calling back costs; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import time
from collections.abc import Callable

from record_match import find_pairs

Decide = Callable[[str, str, float], bool]
SYLLABLES = ["an", "ber", "da", "el", "gra", "ho", "ka", "lo", "mi", "ro", "sa", "ti"]


def trigrams(name: str) -> set[str]:
    """Return the groups of three letters of a name."""
    padded = f"  {name.strip().lower()} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def find_in_python(names: list[str], decide: Decide) -> list[tuple[int, int]]:
    """Do what `find_pairs` does, in Python."""
    groups = [trigrams(name) for name in names]
    pairs = []
    for left, first in enumerate(groups):
        for right in range(left + 1, len(groups)):
            similarity = 2 * len(first & groups[right]) / (len(first) + len(groups[right]))
            if similarity >= 0.9 or (similarity >= 0.5 and decide(names[left], names[right], similarity)):
                pairs.append((left, right))
    return pairs


def measure(title: str, work: Callable[[Decide], object]) -> None:
    """Print the shortest of three runs, and how often Python was asked."""
    asked = 0

    def decide(left: str, right: str, similarity: float) -> bool:
        nonlocal asked
        asked += 1
        return left[0] == right[0]

    best = float("inf")
    for _ in range(3):
        asked, start = 0, time.perf_counter()
        work(decide)
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best:>8.3f} s{asked:>10} calls")


def main() -> None:
    """Compare 2 000 names."""
    dice = random.Random(6)
    names = [" ".join("".join(dice.choices(SYLLABLES, k=3)).title() for _ in range(2)) for _ in range(2000)]
    assert find_pairs(names, lambda left, right, similarity: True) == find_in_python(names, lambda *_: True)
    measure("in Python", lambda decide: find_in_python(names, decide))
    measure("asked about doubtful pairs", lambda decide: find_pairs(names, decide))
    measure("asked about all pairs", lambda decide: find_pairs(names, decide, ask_from=0, sure_from=2))


if __name__ == "__main__":
    main()
