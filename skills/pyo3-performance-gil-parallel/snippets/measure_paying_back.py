"""Measure when a call into Rust pays back: what it costs in itself, and for each element.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import os
import string
import sys
from bisect import bisect_right
from dataclasses import dataclass
from functools import partial
from timeit import Timer
from typing import TYPE_CHECKING

import numpy as np
from performance_snippets._core import paying_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LIMIT = 50.0
# A run of some milliseconds would never be undisturbed on a busy machine, and look slow.
LARGE = 1_000
ROUNDS = 300
VALUES = {letter: str(int(letter, 36)) for letter in string.ascii_uppercase}
DIGITS = str.maketrans(VALUES)


# region: line
@dataclass(frozen=True)
class Cost:
    """What a way costs: a fixed time, and one for each element, in seconds."""

    fixed: float
    element: float

    def pays_from(self, python: Cost) -> float:
        """Return from how many elements on it is faster than Python; infinity if it is not for many."""
        if self.element >= python.element:
            return math.inf
        return max(0.0, (self.fixed - python.fixed) / (python.element - self.element))


def fit(way: Callable[[object], object], make: Callable[[int], object]) -> Cost:
    """Measure it with 0 and with many elements: the lowest of several times, since other work only adds."""

    def seconds(count: int) -> float:
        value = make(count)
        timer = Timer(lambda: way(value))
        # Short runs: in some of them no other program comes in between.
        number = max(timer.autorange()[0] // 1000, 1)
        return min(timer.repeat(ROUNDS, number)) / number

    fixed = seconds(0)
    return Cost(fixed, max(seconds(LARGE) - fixed, 0) / LARGE)


# endregion: line


def readings(count: int) -> list[float]:
    """Return readings that are all objects of their own, in no order."""
    return [number * 37 % 1000 / 10 for number in range(count)]


def reading_array(count: int) -> np.ndarray:
    """Return them as an array."""
    return np.array(readings(count))


def accounts(count: int) -> list[str]:
    """Return German account numbers, each with two check digits."""
    return [f"DE{number % 100:02}37040044{number:010}" for number in range(count)]


def python_above(values: Sequence[float]) -> int:
    """Count as one does in Python."""
    return sum([1 for value in values if value > LIMIT])


def python_valid(values: Iterable[str]) -> int:
    """Check account numbers as one does in Python: by a large integer."""
    return sum([1 for text in values if int((text[4:] + text[:4]).translate(DIGITS)) % 97 == 1])


# region: sorted
def python_pairs(starts: list[float], gap: float) -> int:
    """Count the pairs of visits within a gap of each other: sort, and look each one's last neighbour up."""
    starts = sorted(starts)
    return sum(bisect_right(starts, start + gap) - index - 1 for index, start in enumerate(starts))


# endregion: sorted

CASES: dict[str, tuple[Callable[[int], object], dict[str, Callable[..., object]]]] = {
    "readings above a limit": (
        readings,
        {
            "Python, list": python_above,
            "NumPy, list": lambda values: np.count_nonzero(np.array(values) > LIMIT),
            "Rust, a call for each": lambda values: sum([1 for value in values if paying_back.is_above(value, LIMIT)]),
            "Rust, list": lambda values: paying_back.count_above(values, LIMIT),
            "  its conversion alone": lambda values: paying_back.take_readings(values, LIMIT),
        },
    ),
    "their total": (
        readings,
        {
            "Python, sum": sum,
            "Rust, the conversion alone": lambda values: paying_back.take_readings(values, LIMIT),
        },
    ),
    "readings above, an array": (
        reading_array,
        {
            "Python, array": python_above,
            "NumPy, array": lambda values: np.count_nonzero(values > LIMIT),
            "Rust, array": lambda values: paying_back.count_above_in_array(values, LIMIT),
        },
    ),
    "readings above, kept in Rust": (
        lambda count: (readings(count), paying_back.Readings(readings(count))),
        {
            "Python, list": lambda both: python_above(both[0]),
            "Rust, kept and sorted": lambda both: both[1].count_above(LIMIT),
        },
    ),
    "valid account numbers": (
        accounts,
        {
            "Python": python_valid,
            "Rust": paying_back.count_valid,
            "  its conversion alone": paying_back.take_accounts,
        },
    ),
}


def print_costs() -> None:
    """Print a line for each way: its costs, and from where on it pays."""
    print(f"{'':<28}{'a call':>10}{'an element':>13}{'of Python':>11}{'pays from':>11}")
    for title, (make, ways) in CASES.items():
        print(title)
        python: Cost | None = None
        for name, way in ways.items():
            cost = fit(way, make)
            python = python or cost
            start = cost.pays_from(python)
            pays = "never" if start == math.inf else f"{start:.1f}" if start else "at once"
            pays = "" if cost is python or name.startswith(" ") else pays
            line = f"  {name:<26}{cost.fixed * 1e9:>7,.0f} ns{cost.element * 1e9:>10,.2f} ns"
            print(f"{line}{cost.element / python.element:>10.3f}x{pays:>11}")


def print_pairs() -> None:
    """Print when a better algorithm beats the faster language."""
    print(f"\n{'visits within a gap':<28}{'Python, sorted':>18}{'Rust, each pair':>18}")
    for count in (10, 100, 1000, 5000):
        starts = readings(count)
        number = max(1, 1000 // count)
        timers = [Timer(partial(way, starts, 0.05)) for way in (python_pairs, paying_back.close_pairs)]
        times = [min(timer.repeat(100, number)) / number * 1e6 for timer in timers]
        print(f"{count:>28,}{times[0]:>15,.1f} us{times[1]:>15,.1f} us")


def main() -> int:
    """Print the tables and return the exit code."""
    if paying_back.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print_costs()
    print_pairs()
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
