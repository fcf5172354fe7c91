"""Measure pipelines with and without a bound, in one run.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import functools
import math
import operator
import os
import sys
from time import perf_counter, sleep
from typing import TYPE_CHECKING

from performance_snippets._core import back_pressure

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 100


def main() -> int:
    """Print the tables and return the exit code."""
    if back_pressure.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    packets = [packet(number) for number in range(2_000)]
    ways: dict[str, Callable[[], object]] = {
        "plain Python": lambda: [decode(packet) for packet in packets],
        "an iterator, window of 1": lambda: list(back_pressure.Readings(packets, 1)),
        "an iterator, window of 64": lambda: list(back_pressure.Readings(packets, 64)),
        "stages, parts of 100": lambda: back_pressure.summarise(packets),
    }
    times = dict.fromkeys(ways, math.inf)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            sleep(0.001)
            start = perf_counter()
            way()
            times[name] = min(times[name], perf_counter() - start)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("\n2,000 packets                        ms    of plain Python")
    for name, time in times.items():
        print(f"  {name:<30}{time * 1e3:>7.1f}{time / times['plain Python']:>18.2f}x")
    print("\n5,000 items for a slow receiver      most that waited")
    for capacity in (0, 16, None):
        name = "no bound" if capacity is None else f"bounded({capacity})"
        print(f"  {name:<30}{back_pressure.longest_queue(5_000, capacity):>23,}")
    return 0


def packet(number: int) -> bytes:
    """Return a packet of 40 bytes."""
    text = f"{number * 10 + 0.123456789:.9f} {-number / 7:.9f}".encode().ljust(39, b"0")
    return text + bytes([functools.reduce(operator.xor, text)])


def decode(packet: bytes) -> tuple[float, float]:
    """Return what Rust returns, too."""
    if functools.reduce(operator.xor, packet):
        raise ValueError("the checksum is wrong")
    height, temperature = packet[:-1].split(b" ")
    return float(height), float(temperature)


if __name__ == "__main__":
    sys.exit(main())
