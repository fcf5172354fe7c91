"""Measure how a function of Rust scales in threads of Python, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from performance_snippets._core import python_threads

if TYPE_CHECKING:
    from collections.abc import Callable

GENERATOR = random.Random(7)  # noqa: S311 - nothing secret
Words = list[str]


def main() -> int:
    """Print a table and return the exit code."""
    if python_threads.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    lexicon, few = python_threads.Lexicon(sample(500)), python_threads.Lexicon(sample(20))
    words, many, known = sample(40), sample(1_000), sample(100)
    cases: dict[str, tuple[Callable[..., object], list[object]]] = {
        "40 words, in calls of 10, detached": (lexicon.correct_all, parts(words, 10)),
        "40 words, in calls of 10, attached": (lexicon.correct_all_attached, parts(words, 10)),
        "40 words, in calls of 1, detached": (lexicon.correct, words),
        "1,000 words of a small lexicon, in calls of 1": (few.correct, many),
        "the same, in calls of 250": (few.correct_all, parts(many, 250)),
        "5 words, in plain Python, in calls of 1": (partial(correct, known), words[:5]),
    }
    times = measure(cases, rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 20)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}")
    print(f"\n{'':<48}{'1 thread':>10}{'2 threads':>11}{'speed-up':>10}")
    for name, (one, two) in times.items():
        print(f"{name:<48}{one * 1e3:>7.1f} ms{two * 1e3:>8.1f} ms{one / two:>9.2f}x")
    return 0


def measure(
    cases: dict[str, tuple[Callable[..., object], list[object]]], rounds: int
) -> dict[str, tuple[float, float]]:
    """Return the shortest times of each case, in one thread and in two.

    All are measured in turn, with pauses, and each is short: on a busy machine some turns find both cores free.
    """
    times = dict.fromkeys(cases, (math.inf, math.inf))
    with ThreadPoolExecutor(1) as alone, ThreadPoolExecutor(2) as both:
        for _ in range(rounds):
            for name, (call, arguments) in cases.items():
                sleep(0.005)
                one, two = times[name]
                times[name] = (min(one, once(alone, call, arguments)), min(two, once(both, call, arguments)))
    return times


def once(executor: ThreadPoolExecutor, call: Callable[..., object], arguments: list[object]) -> float:
    """Return how long all calls take."""
    start = perf_counter()
    list(executor.map(call, arguments))
    return perf_counter() - start


def correct(known: Words, word: str) -> str:
    """Return the closest word."""
    return min(known, key=lambda other: distance(word, other))


def parts(words: Words, size: int) -> list[object]:
    """Return parts of a list."""
    return [words[start : start + size] for start in range(0, len(words), size)]


def sample(count: int) -> Words:
    """Return words of eight letters."""
    return ["".join(GENERATOR.choices("abcdefgh", k=8)) for _ in range(count)]


def distance(word: str, other: str) -> int:
    """Return what Rust computes, too."""
    above = list(range(len(other) + 1))
    for number, letter in enumerate(word, 1):
        row = [number]
        for place, known in enumerate(other):
            row.append(min(above[place] + (letter != known), above[place + 1] + 1, row[place] + 1))
        above = row
    return above[-1]


if __name__ == "__main__":
    sys.exit(main())
