"""Measure a column of codes; `uv run maturin develop --release` first, a debug build says nothing."""

import random
import re
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

from instrument_codes import Isin, parse_isins

PATTERN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")


@dataclass(frozen=True, order=True)
class PythonIsin:
    """An ISIN as it is written without Rust."""

    __slots__ = ("text",)
    text: str

    def __post_init__(self) -> None:
        """Check the text."""
        if not PATTERN.fullmatch(self.text):
            raise ValueError(f"`{self.text}` is no ISIN")
        digits = "".join(str(int(character, 36)) for character in self.text)
        doubled = "".join(str(2 * int(digit)) for digit in digits[-2::-2])
        if sum(map(int, digits[-1::-2] + doubled)) % 10:
            raise ValueError(f"`{self.text}` is mistyped")


def measure(title: str, work: Callable[[], object]) -> None:
    """Print the shortest of three runs, and what the result keeps in memory."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    tracemalloc.start()
    result = work()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{title:<24}{best:>8.3f} s{kept / 1e6:>8.1f} MB")
    del result


def main() -> None:
    """Read 200 000 codes, and look each up in a dict."""
    dice = random.Random(1)
    texts = [str(Isin.from_number("US", f"{dice.randrange(10**9):09}")) for _ in range(200_000)]
    measure("in Python", lambda: [PythonIsin(text) for text in texts])
    measure("Isin, one at a time", lambda: [Isin(text) for text in texts])
    measure("parse_isins", lambda: parse_isins(texts))
    ours, theirs = parse_isins(texts)[0], [PythonIsin(text) for text in texts]
    measure("a set, in Python", lambda: set(theirs))
    measure("a set of Isin", lambda: set(ours))
    print(f"an object: {sys.getsizeof(ours[0])} bytes; in Python {sys.getsizeof(theirs[0])}, and its text")


if __name__ == "__main__":
    main()
