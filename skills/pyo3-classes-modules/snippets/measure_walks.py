"""Measure what a walk of 1,000 points costs, as objects and as one object.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import sys
from timeit import Timer

from classes_snippets._core import choosing, layout
from measure_classes import Plain, lowest

WALK = [(index * 0.5, index * 0.25) for index in range(1000)]


def main() -> int:
    """Print a row for each way and return the exit code."""
    if layout.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    points = [choosing.Point(x, y) for x, y in WALK]
    plain = [Plain(x, y) for x, y in WALK]
    in_python = "sum(math.hypot(b.x - a.x, b.y - a.y) for a, b in zip(plain, plain[1:]))"
    names = {"math": math, "plain": plain, "points": points, "walk": WALK, "track": choosing.Track(WALK)}
    names |= {"length_of": choosing.length_of, "Track": choosing.Track}
    cases = {
        "1000 objects of Python, in Python": in_python,
        "1000 objects of Rust, in Rust": "length_of(points)",
        "one object of Rust": "track.length()",
        "make the one object": "Track(walk)",
    }
    for name, time in lowest({name: Timer(case, globals=names) for name, case in cases.items()}).items():
        print(f"{name:<36}{time:>12,.0f} ns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
