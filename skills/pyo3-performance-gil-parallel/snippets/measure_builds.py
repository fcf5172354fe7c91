"""Measure what profiles, link-time optimisation, PGO and newer instructions bring, with the crate `word-counts`.

Each row is built from nothing; then all libraries are loaded into one process, and measured in turn.
"""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from timeit import Timer
from typing import TYPE_CHECKING

from variants import Build, Variant, build

if TYPE_CHECKING:
    from types import ModuleType

PREFIX = "CARGO_PROFILE_RELEASE_"
WHOLE = (f"{PREFIX}LTO=fat", f"{PREFIX}CODEGEN_UNITS=1")
ROWS = {
    "dev": Variant("dev"),
    "dev, opt-level=1": Variant("dev", ("CARGO_PROFILE_DEV_OPT_LEVEL=1",)),
    "release": Variant(),
    "opt-level=s": Variant(variables=(f"{PREFIX}OPT_LEVEL=s",)),
    "codegen-units=1": Variant(variables=(f"{PREFIX}CODEGEN_UNITS=1",)),
    "lto=thin": Variant(variables=(f"{PREFIX}LTO=thin",)),
    "lto=fat, 1 unit": Variant(variables=WHOLE),
    "the same, panic=abort": Variant(variables=(*WHOLE, f"{PREFIX}PANIC=abort")),
    "the same, x86-64-v3": Variant(variables=(*WHOLE, "RUSTFLAGS=-C target-cpu=x86-64-v3")),
    "the same, PGO": Variant(variables=WHOLE, options=("--pgo",)),
    "the same, not abi3": Variant(variables=WHOLE, stable=False),
}
TEXT = "The quick brown Fox jumps over the lazy Dog while 1984 other Animals watch it from the Fence. " * 200
HEIGHTS = [float(number * 7 % 1000) for number in range(10_000)]
ROUNDS = 40


def timers(module: ModuleType) -> list[Timer]:
    """Return what is measured: words, a loop over numbers, and a call."""
    names = {"counter": module.Counter(), "route": module.Route(HEIGHTS), "nothing": module.nothing, "text": TEXT}
    return [Timer(statement, globals=names) for statement in ("counter.add(text)", "route.ascent()", "nothing()")]


def measure(modules: list[ModuleType]) -> list[list[float]]:
    """Return the shortest times of each, measured in turn, as other work only adds."""
    rows = [timers(module) for module in modules]
    times = [[math.inf] * 3 for _ in rows]
    for _ in range(ROUNDS):
        for row, best in zip(rows, times, strict=True):
            for column, (timer, number) in enumerate(zip(row, (2, 50, 20_000), strict=True)):
                best[column] = min(best[column], timer.timeit(number) / number)
    return times


def main() -> None:
    """Print a line for each row."""
    with tempfile.TemporaryDirectory() as folder:
        builds: list[Build] = []
        for number, variant in enumerate(ROWS.values()):
            place = Path(folder, str(number))
            place.mkdir()
            builds.append(build(variant, place))
        times = measure([made.load() for made in builds])
        sizes = [made.library.stat().st_size // 1024 for made in builds]
    print(f"{'build':<24}{'library':>11}{'words':>12}{'ascent':>12}{'call':>9}")
    for name, size, (words, ascent, call) in zip(ROWS, sizes, times, strict=True):
        line = f"{name:<24}{size:>8} KB{words * 1e6:>9.0f} us{ascent * 1e6:>9.1f} us"
        print(f"{line}{call * 1e9:>6.0f} ns")
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
