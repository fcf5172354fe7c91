"""Measure what makes a call slow: instructions, counted by callgrind, and the time.

It needs a release build and valgrind: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from timeit import Timer

from performance_snippets._core import calls

SETUP = """
from decimal import Decimal
from types import SimpleNamespace
from performance_snippets._core import calls
globals().update({name: value for name, value in vars(calls).items() if not name.startswith("_")})
def python_postage(weight, zone=1, express=False):
    return (2.5 + weight * zone) * (2.0 if express else 1.0)
def python_nothing():
    pass
def callback(weight):
    return weight
parcel = Parcel(1.5, "PO Box 12")
objects = [SimpleNamespace(weight=0.5 + n) for n in range(100)]
parcels = [Parcel(0.5 + n, "PO Box 12") for n in range(100)]
weights = [0.5 + n for n in range(100)]
sides = [1.5, 2.5, 3.5]
scale, buffer, price = Scale(), bytearray(4096), Decimal(1)
"""
FAILING = "try: zone('?')\nexcept ValueError: pass"
ROWS: dict[str, dict[str, str]] = {
    "a call": {
        "Python function, nothing": "python_nothing()",
        "Rust function, nothing": "nothing()",
        "Rust method": "parcel.weigh()",
        "method, `&mut self`, one `f64`": "scale.add(1.5)",
    },
    "arguments": {
        "one `f64`": "postage_of(1.5)",
        "three by position": "postage(1.5, 2, True)",
        "three by keyword": "postage(weight=1.5, zone=2, express=True)",
        "`*args`, three": "total_of(1.5, 2.5, 3.5)",
        "`**kwargs`, three": "label_count(a=1, b=2, c=3)",
    },
    "conversions": {
        "three `f64` arguments": "volume(1.5, 2.5, 3.5)",
        "a tuple as `(f64, f64, f64)`": "volume_tuple((1.5, 2.5, 3.5))",
        "a list as `Vec<f64>`": "volume_vec(sides)",
        "`&str`": "is_box('PO Box 12')",
        "enum, first variant": "grams(1.5)",
        "enum, second variant": "grams('1.5g')",
        "  the same by `cast`": "grams_cast('1.5g')",
    },
    "results": {
        "a new `str`": "answer()",
        "an interned `str`": "answer_interned()",
        "`&str` of a field": "parcel.street",
        "`&Py<PyString>` of a field": "parcel.street_object",
        "4 KB as new `bytes`, borrowed": "label_borrowed()",
        "4 KB into the caller's buffer": "label_into(buffer)",
        "`Option`, nothing": "zone_or_none('?')",
        "`Result`, an error": FAILING,
    },
    "100 items": {
        "`add` for each": "for weight in weights: scale.add(weight)",
        "`add_many`": "scale.add_many(weights)",
        "attribute of each, in Python": "sum([item.weight for item in objects])",
        'attribute of each, `"weight"`': "total_by_name(objects)",
        "attribute of each, interned": "total_by_interned_name(objects)",
        "field of each, a Rust class": "total_of_class(parcels)",
    },
    "looking at objects": {
        "`cast::<PySequence>` of a list": "is_sequence(weights)",
        "`cast::<PySequence>` of another": "is_sequence(buffer)",
        "missing attribute, `getattr`": "missing_by_error(parcel)",
        "missing attribute, `getattr_opt`": "missing_by_option(parcel)",
        "class imported each time": "is_decimal_imported(price)",
        "class in a `PyOnceLock`": "is_decimal(price)",
    },
    "calling Python": {
        "Python calls Python": "callback(1.5)",
        "with a tuple of Rust": "call_tuple(callback)",
        "by keyword": "call_keyword(callback)",
    },
}


# region: count
def count(statements: list[str], runs: int, folder: Path) -> list[float]:
    """Return how many instructions a run of each statement needs, with those of the loop."""
    program = [SETUP, "import os, itertools"]
    for statement in statements:
        body = "\n        ".join(statement.splitlines())
        program.append(f"def run(count):\n    for _ in itertools.repeat(None, count):\n        {body}")
        # The first run is the warm-up. Leaving `getppid` makes callgrind dump its counts, and start again.
        program += ["run(100)", "os.getppid()", f"run({runs})", "os.getppid()"]
    out = folder / "callgrind"
    command = ["valgrind", "--tool=callgrind", "--dump-after=getppid", f"--callgrind-out-file={out}"]
    # The order of sets and dicts, and thus the count, would depend on the hash seed.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command += [sys.executable, "-c", "\n".join(program)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    dumps = [folder / f"callgrind.{2 * number + 2}" for number in range(len(statements))]
    totals = [re.search(r"^totals: (\d+)", dump.read_text(encoding="utf-8"), re.MULTILINE) for dump in dumps]
    return [int(total[1]) / runs for total in totals if total]


# endregion: count


def nanoseconds(statement: str, names: dict[str, object]) -> float:
    """Return the lowest time of many short runs: in some of them no other program comes in between."""
    return min(Timer(statement, globals=names).repeat(200, 200)) / 200 * 1e9


def main() -> int:
    """Print a line for each statement, and return the exit code."""
    if calls.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    names: dict[str, object] = {}
    exec(SETUP, names)  # noqa: S102
    statements = [statement for rows in ROWS.values() for statement in rows.values()]
    with tempfile.TemporaryDirectory() as folder:
        loop, *counts = count(["pass", *statements], 1000, Path(folder))
    needed = dict(zip(statements, counts, strict=True))
    print(f"{'':<36}{'instructions':>13}{'time':>11}")
    for title, rows in ROWS.items():
        print(title)
        for name, statement in rows.items():
            print(f"  {name:<34}{needed[statement] - loop:>13,.0f}{nanoseconds(statement, names):>8,.0f} ns")
    print(f"\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
