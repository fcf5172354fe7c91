"""Measure what objects of classes in Rust and in Python cost, in nanoseconds and bytes.

It needs Linux and a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from timeit import Timer
from typing import NamedTuple, TypeVar

from classes_snippets._core import layout

MILLION = 1_000_000
ROUNDS = 8
K = TypeVar("K")


class Plain:
    """A class as most are written."""

    def __init__(self, x: float, y: float) -> None:
        """Make a point."""
        self.x = x
        self.y = y

    def norm(self) -> float:
        """Return the distance from the origin."""
        return math.hypot(self.x, self.y)

    @property
    def area(self) -> float:
        """Return the area between the point and the axes."""
        return self.x * self.y

    def __len__(self) -> int:
        """Count the coordinates."""
        return 2

    def __getitem__(self, index: int) -> float:
        """Return a coordinate."""
        return (self.x, self.y)[index]

    def __add__(self, other: Plain) -> Plain:
        """Add point by point."""
        return type(self)(self.x + other.x, self.y + other.y)

    def __eq__(self, other: object) -> bool:
        """Compare both coordinates."""
        return isinstance(other, Plain) and self.x == other.x and self.y == other.y

    __hash__ = None


class Slots:
    """The same with `__slots__`."""

    __slots__ = ("x", "y")
    __init__ = Plain.__init__
    norm, area = Plain.norm, Plain.area
    __len__, __getitem__, __add__ = Plain.__len__, Plain.__getitem__, Plain.__add__

    def __eq__(self, other: object) -> bool:
        """Compare both coordinates."""
        return isinstance(other, Slots) and self.x == other.x and self.y == other.y

    __hash__ = None


@dataclass(frozen=True, slots=True)
class Frozen:
    """The same as a frozen dataclass."""

    x: float
    y: float

    norm, area = Plain.norm, Plain.area
    __len__, __getitem__, __add__ = Plain.__len__, Plain.__getitem__, Plain.__add__


class Named(NamedTuple):
    """The same as a tuple; length and items are those of the tuple."""

    x: float
    y: float

    norm, area = Plain.norm, Plain.area
    __add__ = Plain.__add__


class Child(layout.Base):
    """A subclass in Python of a class in Rust."""


class SlotsChild(layout.Base):
    """A subclass in Python that adds no `__dict__`."""

    __slots__ = ()


KINDS = {"Rust": layout.Frozen, "class": Plain, "slots": Slots, "dataclass": Frozen, "namedtuple": Named}
OPTIONS = {
    "frozen": layout.Frozen,
    "not frozen": layout.Mutable,
    "frozen, Mutex": layout.Locked,
    "frozen, two AtomicU64": layout.Atomic,
    "weakref": layout.Weak,
    "dict": layout.WithDict,
    "subclass": layout.Base,
    "subclass of it in Python": Child,
    "the same, __slots__ = ()": SlotsChild,
    "freelist = 64": layout.Pooled,
    "unsendable": layout.Unsendable,
}
STATEMENTS = {
    "create": "kind(1.0, 2.0)",
    "method": "point.norm()",
    "attribute": "point.x",
    "property": "point.area",
    "len": "len(point)",
    "item": "point[1]",
    "operator": "point + point",
    "equal": "point == same",
}


def lowest(timers: dict[K, Timer]) -> dict[K, float]:
    """Return how many nanoseconds one run of each takes.

    Other work only ever makes a run longer, for seconds at a time: so all are measured in turn, several times over.
    """
    numbers = {key: max(1, timer.autorange()[0] // 20) for key, timer in timers.items()}
    times: dict[K, float] = dict.fromkeys(timers, math.inf)
    for _ in range(ROUNDS):
        for key, timer in timers.items():
            times[key] = min(times[key], *timer.repeat(20, numbers[key]))
    return {key: time / numbers[key] * 1e9 for key, time in times.items()}


def timer_of(kind: type, statement: str) -> Timer:
    """Return what measures a statement about two points."""
    names = {"kind": kind, "point": kind(1.0, 2.0), "same": kind(1.0, 2.0)}
    return Timer(statement, globals=names)


def size_of(kind: type) -> int:
    """Return what `sys.getsizeof` says of an object and its `__dict__`."""
    point = kind(1.0, 2.0)
    own = getattr(point, "__dict__", None)
    return sys.getsizeof(point) + (sys.getsizeof(own) if own else 0)


def resident(name: str) -> float:
    """Return how many bytes of memory an object takes, by a million of them in a process of its own."""
    command = [sys.executable, __file__, name]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(run.stdout)


def fill(name: str) -> float:
    """Make a million objects with two numbers of their own, and return what one takes."""
    kind = {**KINDS, **OPTIONS}[name]
    gc.disable()
    objects = [None] * MILLION
    before = resident_pages()
    for index in range(MILLION):
        objects[index] = kind(index * 0.5, index * 0.25)
    return (resident_pages() - before) * os.sysconf("SC_PAGE_SIZE") / MILLION


def resident_pages() -> int:
    """Return how many pages of memory this process has."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])


def print_kinds() -> None:
    """Print what the class in Rust and those in Python cost."""
    cells = {
        (row, name): timer_of(kind, statement) for row, statement in STATEMENTS.items() for name, kind in KINDS.items()
    }
    times = lowest(cells)
    print(f"{'':<12}" + "".join(f"{name:>12}" for name in KINDS))
    for row in STATEMENTS:
        print(f"{row:<12}" + "".join(f"{times[row, name]:>9,.0f} ns" for name in KINDS))
    print(f"{'getsizeof':<12}" + "".join(f"{size_of(kind):>10} B" for kind in KINDS.values()))
    print(f"{'memory':<12}" + "".join(f"{resident(name):>10.0f} B" for name in KINDS), flush=True)


def print_options() -> None:
    """Print what options of the class in Rust cost."""
    creation = lowest({name: timer_of(kind, "kind(1.0, 2.0)") for name, kind in OPTIONS.items()})
    method = lowest({name: timer_of(kind, "point.norm()") for name, kind in OPTIONS.items() if hasattr(kind, "norm")})
    print(f"\n{'':<28}{'getsizeof':>12}{'memory':>12}{'create':>12}{'method':>12}")
    for name, kind in OPTIONS.items():
        call = f"{method[name]:>9,.0f} ns" if name in method else f"{'-':>12}"
        print(f"{name:<28}{size_of(kind):>10} B{resident(name):>10.0f} B{creation[name]:>9,.0f} ns{call}")


def main() -> int:
    """Print the tables and return the exit code."""
    if len(sys.argv) > 1:
        print(fill(sys.argv[1]))
        return 0
    if layout.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print_kinds()
    print_options()
    return 0


if __name__ == "__main__":
    sys.exit(main())
