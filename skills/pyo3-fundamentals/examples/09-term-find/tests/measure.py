"""Measure a search beside `re`; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import re
import time
from collections.abc import Callable

from term_find import Terms


def measure(title: str, work: Callable[[], int]) -> None:
    """Print the shortest of three runs, and how many matches there were."""
    best, count = float("inf"), 0
    for _ in range(3):
        start = time.perf_counter()
        count = work()
        best = min(best, time.perf_counter() - start)
    print(f"{title:<32}{best * 1000:>10.1f} ms{count:>8} matches")


def main() -> None:
    """Look for a thousand terms in a text of a million characters."""
    dice = random.Random(9)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(4, 10))) for _ in range(20_000)]
    terms, text = words[:1000], " ".join(dice.choices(words, k=125_000))
    pattern = re.compile("|".join(terms))
    searcher = Terms(terms, prefer="first")
    measure("re, the terms joined by `|`", lambda: sum(1 for _ in pattern.finditer(text)))
    measure("find, one match at a time", lambda: sum(1 for _ in searcher.find(text)))
    measure("overlapping, a list", lambda: len(Terms(terms, prefer="any").overlapping(text)))


if __name__ == "__main__":
    main()
