"""Measure what detaching costs, alone and beside a thread that computes, in one run.

It needs Linux and a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import os
import random
import sys
import threading
from contextlib import contextmanager
from resource import RUSAGE_THREAD, getrusage
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from performance_snippets._core import detaching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Ways = dict[str, "Callable[[], object]"]


def main() -> int:
    """Print the tables and return the exit code."""
    if detaching.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("\na call that does nothing                      alone")
    border()
    print("\na search              alone, in us       beside a thread that runs Python, waits per 100 calls")
    print("  fingerprints    attached    detached    attached    detached")
    sizes()
    print("\nhow late a thread wakes up from sleep(0.001), in ms, while another calls for 200 ms")
    print(f"  attached {delay(detach=False):.1f}, detached {delay(detach=True):.1f}")
    return 0


def border() -> None:
    """Print what attaching and detaching cost where no other thread wants to run."""
    ways = {
        "nothing": detaching.attached,
        "attach, attached already": detaching.attached_again,
        "detach": detaching.detached,
        "detach, attach in it": detaching.attached_while_detached,
    }
    for name, time in per_call(ways, 2_000).items():
        print(f"  {name:<40}{time * 1e9:>8.0f} ns")


def sizes() -> None:
    """Print searches of growing size, and the same where another thread wants the interpreter."""
    for count in (10, 1_000, 10_000, 30_000, 100_000, 1_000_000):
        album, code = sample(count)
        ways = {
            "attached": lambda album=album, code=code: album.nearest_attached(code),
            "detached": lambda album=album, code=code: album.nearest_detached(code),
        }
        alone = per_call(ways, max(1, 300_000 // (count + 300)))
        with busy():
            waits = [waits_per_hundred(way) for way in ways.values()]
        print(
            f"  {count:>9,}  ",
            *(f"{time * 1e6:>11,.1f}" for time in alone.values()),
            *(f"{number:>11,.1f}" for number in waits),
        )


def sample(count: int) -> tuple[detaching.Album, int]:
    """Return an album and a fingerprint to look for."""
    generator = random.Random(7)  # noqa: S311 - nothing secret
    return detaching.Album([generator.getrandbits(64) for _ in range(count)]), generator.getrandbits(64)


def per_call(ways: Ways, calls: int, rounds: int = 200) -> dict[str, float]:
    """Return the shortest average time of a call, in seconds. All ways are measured in turn."""
    times = dict.fromkeys(ways, math.inf)
    for _ in range(rounds):
        for name, way in ways.items():
            start = perf_counter()
            for _ in range(calls):
                way()
            times[name] = min(times[name], (perf_counter() - start) / calls)
    return times


def waits_per_hundred(way: Callable[[], object], calls: int = 1_000) -> float:
    """Return how often this thread waited in 100 calls, which hardly depends on what other programs do."""
    before = getrusage(RUSAGE_THREAD).ru_nvcsw
    for _ in range(calls):
        way()
    return (getrusage(RUSAGE_THREAD).ru_nvcsw - before) * 100 / calls


@contextmanager
def busy() -> Iterator[None]:
    """Run Python code in another thread."""
    stop = threading.Event()

    def count() -> None:
        number = 0
        while not stop.is_set():
            for _ in range(1_000):
                number += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def delay(*, detach: bool) -> float:
    """Return the longest time by which a thread woke up too late, in milliseconds."""
    latest, stop = 0.0, threading.Event()

    def beat() -> None:
        nonlocal latest
        while not stop.is_set():
            start = perf_counter()
            sleep(0.001)
            latest = max(latest, perf_counter() - start - 0.001)

    thread = threading.Thread(target=beat)
    thread.start()
    sleep(0.05)
    latest = 0.0
    detaching.compute(200, detach)
    stop.set()
    thread.join()
    return latest * 1e3


if __name__ == "__main__":
    sys.exit(main())
