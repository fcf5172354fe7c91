"""Measure what crossing between Python and Rust costs.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import contextlib
import sys
from timeit import Timer

from fundamentals_snippets._core import errors, functions, modules, ownership, project_anatomy, types

checksum, postage = functions.checksum, functions.postage
Recording, scaled, smooth = ownership.Recording, ownership.scaled, ownership.smooth
byte_length, capitals, moment, status, summarize, titles = (
    types.byte_length,
    types.capitals,
    types.moment,
    types.status,
    types.summarize,
    types.titles,
)
print_page = modules.paper.print_page
unit_price = errors.unit_price

texts = ["Säntis"] * 1000
floats = [0.5] * 1000
eight_thousand = bytes(8000)
letters = "a" * 100_000
station = {"name": "Säntis", "lat": 47.2}
missed = contextlib.suppress(ValueError)


def of_python(grams: int, zone: int = 1) -> int:
    """Do as little as `postage`, for comparison."""
    return grams * zone


def refuse(grams: int) -> None:
    """Raise as `unit_price` does, for comparison."""
    raise ValueError(f"grams must be more than {grams}")


CASES = {
    "function of Python, 1 argument": "of_python(400)",
    "no argument": "print_page()",
    "1 argument, 3 defaults": "postage(400)",
    "4 arguments, 2 by name": "postage(400, 2, insured=True, voucher=100)",
    "attached all the time": "scaled(2)",
    "detached once": "checksum(b'')",
    "&str, 6 letters": "capitals('Säntis')",
    "&str, 100000 letters": "byte_length(letters)",
    "&[u8], 8000 bytes": "checksum(eight_thousand)",
    "Vec<String>, 1000, and back": "titles(texts)",
    "Vec<f64>, 1000": "Recording(floats)",
    "list of 1000 floats by Bound": "smooth(floats, 1.0)",
    "dict out, interned keys": "status()",
    "struct in and out, derived": "summarize(station, [1.0])",
    "enum, first variant of three": "moment(1)",
    "enum, last variant of three": "moment('noon')",
    "ValueError of Python, caught": "with missed: refuse(0)",
    "ValueError of Rust, caught": "with missed: unit_price(1, 0)",
}


def nanoseconds(statement: str) -> float:
    """Return what one run takes, by the best of 300 measurements: other work only ever makes it longer."""
    timer = Timer(statement, globals=globals())
    number = max(1, timer.autorange()[0] // 20)
    return min(timer.repeat(300, number)) / number * 1e9


def main() -> int:
    """Print a row for each case and return the exit code."""
    if project_anatomy.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    for name, statement in CASES.items():
        print(f"{name:<32}{nanoseconds(statement):>9,.0f} ns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
