"""Measure what conversions cost: a call, an element, and whether anything was copied.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import math
import sys
from array import array
from dataclasses import dataclass
from timeit import Timer
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from conversion_snippets._core import costs
from conversion_snippets.proof import address_of

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 1_000_000
ROUNDS = 3


@dataclass(frozen=True)
class Conversion:
    """A conversion of as many elements as one asks for.

    Args:
        name: What is converted to what.
        call: It converts.
        make: It makes what the call gets, of a number of elements.
        size: How many bytes an element has in Rust.
        address: Where Python has the elements of what was made, if they lie in one place.
    """

    name: str
    call: Callable[[object], object]
    make: Callable[[int], object]
    size: int = 8
    address: Callable[[object], int] | None = None

    def fate(self) -> str:
        """Return whether Rust reads the elements where Python has them."""
        if self.address is None:
            return "converted"
        value = self.make(1000)
        return "borrowed" if self.call(value) == self.address(value) else "copied"


def floats(count: int) -> list[float]:
    """Return floats that are all objects of their own."""
    return [number * 0.5 for number in range(count)]


def shuffled(count: int) -> list[float]:
    """Return them in another order than that in which they lie in memory."""
    values = floats(count)
    return [values[index] for index in np.random.default_rng(7).permutation(count)]


def words(count: int) -> list[str]:
    """Return words that differ."""
    return [f"word {number:07}" for number in range(count)]


def numbers(count: int) -> np.ndarray:
    """Return an array of `float64`."""
    return np.arange(count) * 0.5


def arrow_address(values: pa.Array) -> int:
    """Return where an Arrow array without nulls has its values."""
    return int(values.buffers()[1].address)


TAKEN = [
    Conversion("list -> Vec<f64>", costs.take_vec, floats),
    Conversion("the same, the list shuffled", costs.take_vec, shuffled),
    Conversion("list -> np.array, NumPy", np.array, floats),
    Conversion("list -> pa.array, pyarrow", lambda values: pa.array(values, pa.float64()), floats),
    Conversion("list -> PyArrayLike1<f64>", costs.take_array_like, floats),
    Conversion("list -> Vec<i64>", costs.take_integers, lambda count: list(range(count))),
    Conversion("list -> Vec<(i64, f64)>", costs.take_pairs, lambda count: list(enumerate(floats(count))), 16),
    Conversion("list -> Vec<String>", costs.take_strings, words, 12),
    Conversion("list -> Vec<PyBackedStr>", costs.take_backed_strings, words, 12),
    Conversion("dict -> HashMap<String, f64>", costs.take_dict, lambda count: dict.fromkeys(words(count), 0.5), 20),
    Conversion("array -> Vec<f64>", costs.take_vec, numbers, 8, address_of),
    Conversion("array -> PyReadonlyArray1<f64>", costs.take_array, numbers, 8, address_of),
    Conversion("array -> the same, to_vec", costs.take_array_copy, numbers, 8, address_of),
    Conversion("array -> np.copy, NumPy", np.copy, numbers),
    Conversion("array -> PyArrayLike1<f64>", costs.take_array_like, numbers, 8, address_of),
    Conversion(
        "array.array -> PyBuffer<f64>", costs.take_buffer, lambda count: array("d", floats(count)), 8, address_of
    ),
    Conversion(
        "array.array -> the same, to_vec",
        costs.take_buffer_copy,
        lambda count: array("d", floats(count)),
        8,
        address_of,
    ),
    Conversion("Arrow array -> PyArray", costs.take_arrow, lambda count: pa.array(numbers(count)), 8, arrow_address),
    Conversion("bytes -> &[u8]", costs.take_bytes, bytes, 1, address_of),
    Conversion("bytes -> PyBackedBytes", costs.take_backed_bytes, bytes, 1, address_of),
    Conversion("bytearray -> PyBackedBytes", costs.take_backed_bytes, bytearray, 1, address_of),
    Conversion("bytes -> Vec<u8>", costs.take_byte_vec, bytes, 1, address_of),
    Conversion("uint8 array -> Vec<u8>", costs.take_byte_vec, lambda count: np.ones(count, np.uint8), 1, address_of),
    Conversion("str -> &str", costs.take_str, lambda count: "a" * count, 1),
    Conversion("str -> String", costs.take_string, lambda count: "a" * count, 1),
]
RETURNED = [
    Conversion("&[f64] -> list", costs.Source.list, costs.Source),
    Conversion("&[f64] -> array, to_pyarray", costs.Source.array_copy, costs.Source),
    Conversion("&[(i64, f64)] -> list of tuples", costs.Source.pairs, costs.Source, 16),
    Conversion("&[String] -> list of str", costs.Source.words, costs.Source, 12),
    Conversion("HashMap<&str, f64> -> dict", costs.Source.table, costs.Source, 20),
    Conversion("&[u8] -> bytes", costs.Source.bytes, costs.Source, 1),
    Conversion("&str -> str", costs.Source.text, costs.Source, 1),
]


def shortest(conversions: list[Conversion], count: int, calls: int) -> list[float]:
    """Return how many seconds each takes for so many elements.

    Other work only ever makes a run longer, for seconds at a time: so all are measured in turn, several times over.
    """
    timers = [
        Timer("call(value)", globals={"call": conversion.call, "value": conversion.make(count)})
        for conversion in conversions
    ]
    times = [math.inf] * len(timers)
    for _ in range(ROUNDS):
        times = [min(time, *timer.repeat(4, calls)) for time, timer in zip(times, timers, strict=True)]
    return [time / calls for time in times]


def print_conversions(title: str, conversions: list[Conversion]) -> None:
    """Print a row for each."""
    print(f"{title:<34}{'1 element':>12}{'1,000,000':>14}{'an element':>13}{'GB/s':>8}")
    times = zip(conversions, shortest(conversions, 1, 2000), shortest(conversions, COUNT, 1), strict=True)
    for conversion, short, long in times:
        # What takes no longer for a million elements has no speed.
        alike = long < 4 * short + 2e-6
        speed = "-" if alike else f"{COUNT * conversion.size / long / 1e9:.2f}"
        element = "-" if alike else f"{long / COUNT * 1e9:,.2f} ns"
        name, fate = conversion.name, f"  {conversion.fate()}" if conversion.address else ""
        print(f"{name:<34}{short * 1e9:>9,.0f} ns{long * 1e6:>11,.1f} us{element:>13}{speed:>8}{fate}", flush=True)


def print_move() -> None:
    """Print what it takes to make a `Vec` an array, which Rust measures."""
    short, long = (min(costs.move_nanoseconds(count) for _ in range(200)) for count in (1, COUNT))
    print(f"{'Vec<f64> -> array, into_pyarray':<34}{short:>9,} ns{long / 1e3:>11,.1f} us{'-':>13}{'-':>8}  moved")


def print_sums() -> None:
    """Print what the sum of a million numbers takes, with the conversion that it needs."""
    listed, values = floats(COUNT), numbers(COUNT)
    buffer, arrow = array("d", listed), pa.array(values)
    ways: dict[str, Callable[[], object]] = {
        "Python: sum(list)": lambda: sum(listed),
        "NumPy: np.sum(list)": lambda: np.sum(listed),
        "NumPy: array.sum()": values.sum,
        "pyarrow: pc.sum(array)": lambda: pc.sum(arrow),
        "Rust: list as Vec<f64>": lambda: costs.sum_vec(listed),
        "Rust: list item by item": lambda: costs.sum_items(listed),
        "Rust: array as Vec<f64>": lambda: costs.sum_vec(values),
        "Rust: array.array as Vec<f64>": lambda: costs.sum_vec(buffer),
        "Rust: array, borrowed": lambda: costs.sum_array(values),
        "Rust: Arrow array, borrowed": lambda: costs.sum_arrow(arrow),
    }
    times = dict.fromkeys(ways, math.inf)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name] = min(times[name], *Timer(way).repeat(4, 1))
    python, array_sum = times["Python: sum(list)"], times["NumPy: array.sum()"]
    print(f"\n{'sum of 1,000,000':<34}{'time':>12}{'of Python':>12}{'of NumPy':>12}")
    for name, time in times.items():
        print(f"{name:<34}{time * 1e6:>9,.0f} us{time / python:>11.2f}x{time / array_sum:>11.2f}x")


def main() -> int:
    """Print the tables and return the exit code."""
    if costs.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    print_conversions("taken", TAKEN)
    print()
    print_conversions("returned", RETURNED)
    print_move()
    print_sums()
    return 0


if __name__ == "__main__":
    sys.exit(main())
