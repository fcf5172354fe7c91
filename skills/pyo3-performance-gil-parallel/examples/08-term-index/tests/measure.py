"""Measure this build beside Python; see the README for how to make each build."""

import os
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from term_index import ALLOCATOR, STORAGE, Index, stop_words

TEXTS, WORDS = 20_000, 100


def plain_index(texts: list[str]) -> dict[str, dict[int, int]]:
    """Build the same in Python."""
    index: dict[str, dict[int, int]] = {}
    ignored = stop_words()
    for number, text in enumerate(texts):
        for word in text.lower().split():
            if word not in ignored:
                postings = index.setdefault(word, {})
                postings[number] = postings.get(number, 0) + 1
    return index


def measure(threads: int, work: Callable[[], object]) -> float:
    """Return seconds for one index on each thread, the best of three runs."""
    best = float("inf")
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            start = time.perf_counter()
            for future in [pool.submit(work) for _ in range(threads)]:
                future.result()
            best = min(best, time.perf_counter() - start)
    return best


def resident() -> float:
    """Return the MB that this process has had at most; Linux says so."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """Measure one thread and two."""
    dice = random.Random(1)
    # Some words in most texts, and many in few.
    texts = [" ".join(f"word{int(dice.paretovariate(0.5))}" for _ in range(WORDS)) for _ in range(TEXTS)]
    before = resident()
    times = [measure(threads, lambda: Index(texts)) for threads in (1, 2)]
    memory = resident() - before
    print(f"{ALLOCATOR}, {STORAGE}: {times[0]:.2f} s, two at a time {times[1]:.2f} s, {memory:.0f} MB; ", end="")
    if "python" in sys.argv:
        print(f"Python {measure(1, lambda: plain_index(texts)):.2f} s; ", end="")
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
