"""Measure what it costs to look for signals, and how soon work ends, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
from statistics import median
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from performance_snippets._core import long_work

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Print the tables and return the exit code."""
    if long_work.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("\nto look once                                       ns")
    print(f"  at the clock{nanoseconds(long_work.look_at_clock):>39.0f}")
    print(f"  for signals, attached already{nanoseconds(lambda times: long_work.check(times, False)):>22.0f}")
    print(f"  for signals, attached for it{nanoseconds(lambda times: long_work.check(times, True)):>23.0f}")
    delays = [delay() for _ in range(20)]
    print("\nfrom Ctrl-C to the exception                       ms")
    print(f"  median{median(delays) * 1e3:>45.0f}")
    print(f"  longest of 20{max(delays) * 1e3:>38.0f}")
    return 0


def nanoseconds(look: Callable[[int], object], times: int = 2_000) -> float:
    """Return the shortest time to look once."""

    def once() -> float:
        start = perf_counter()
        look(times)
        return perf_counter() - start

    return min(once() for _ in range(300)) / times * 1e9


def delay() -> float:
    """Return how long it takes from an interrupt until the call has ended."""
    pressed = 0.0

    def press() -> None:
        nonlocal pressed
        sleep(0.25)
        pressed = perf_counter()
        _thread.interrupt_main()

    thread = threading.Thread(target=press)
    thread.start()
    try:
        long_work.win_share(10**13)
    except KeyboardInterrupt:
        return perf_counter() - pressed
    finally:
        thread.join()
    raise AssertionError("the games were done first")


if __name__ == "__main__":
    sys.exit(main())
