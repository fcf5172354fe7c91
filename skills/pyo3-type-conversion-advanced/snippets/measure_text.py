"""Measure what text, bytes and keys cost on their way in and out.

It needs a release build: `maturin build --release`, install the wheel, and run this file.
"""

from __future__ import annotations

import sys
from timeit import Timer
from typing import Any

from conversion_snippets._core import text_and_bytes as tab
from conversion_snippets._core import writing

MEGABYTE = bytes(1_000_000)
NAMES: dict[str, Any] = {
    "tab": tab,
    "ascii": "a" * 1_000_000,
    "accents": "é" * 1_000_000,
    "words": [f"word {index}" for index in range(1000)],
    "rows": [{"amount": 0.5} for _ in range(1000)],
    "data": MEGABYTE,
    "array": bytearray(MEGABYTE),
    "view": memoryview(MEGABYTE),
    "mixed": [0.5, "25%", 2.0, "much", None] * 200,
    "writing": writing,
}
CASES = {
    "a million ASCII letters as &str": "tab.letters(ascii)",
    "a million é as &str, the first time": "tab.letters(accents + 'x')",
    "  making that string alone": "accents + 'x'",
    "a million é as &str, after that": "tab.letters(accents)",
    "1000 words, Vec<PyBackedStr>": "tab.count_backed(words)",
    "1000 words, Vec<String>": "tab.count_strings(words)",
    "1000 words, &Bound<PyList>": "tab.count_objects(words)",
    "  in Python: sum(map(len, words))": "sum(map(len, words))",
    "1000 rows, key by intern!": "tab.total_interned(rows)",
    "1000 rows, key by &str": "tab.total_new(rows)",
    "  in Python": "sum(row['amount'] for row in rows)",
    "1 MB of bytes as &[u8]": "tab.sum_slice(data)",
    "1 MB of bytes as Vec<u8>": "tab.sum_vec(data)",
    "1 MB of bytearray as PyBackedBytes": "tab.sum_backed(array)",
    "1 MB of memoryview as Cow<[u8]>": "tab.sum_cow(view)",
    "1 MB of memoryview as Octets": "tab.octet_sum(view)",
    "  in Python: sum(view)": "sum(view)",
    "1 MB out, Vec<u8>": "tab.bytes_out_vec(1_000_000)",
    "1 MB out, PyBytes::new_with": "tab.bytes_out_new_with(1_000_000)",
    "1000 values, 600 failures in Rust": "writing.add_shares(mixed)",
    "1000 values, 600 exceptions": "writing.add_shares_by_exception(mixed)",
}


def nanoseconds(statement: str) -> float:
    """Return what one run takes, by the best of many measurements: other work only ever makes it longer."""
    timer = Timer(statement, globals=NAMES)
    number = max(1, timer.autorange()[0] // 20)
    return min(timer.repeat(60, number)) / number * 1e9


def main() -> int:
    """Print a row for each case and return the exit code."""
    if tab.DEBUG_BUILD:
        print("error: this is a debug build\n\nhint: build with `maturin build --release`", file=sys.stderr)
        return 1
    for name, statement in CASES.items():
        print(f"{name:<38}{nanoseconds(statement) / 1000:>10,.1f} µs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
