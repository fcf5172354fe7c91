"""Measure dictionaries of integers with chosen hashes, which Rust makes for Python."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from conversion_snippets._core import untrusted_data as untrusted

if TYPE_CHECKING:
    from collections.abc import Callable

MODULUS = 2**61 - 1


def milliseconds(keys: list[int], function: Callable[[list[int]], object]) -> float:
    """Return what a call takes, by the best of five."""
    times = []
    for _ in range(5):
        start = perf_counter()
        function(keys)
        times.append(perf_counter() - start)
    return min(times) * 1000


def main() -> None:
    """Print a row for each number of keys."""
    print("keys     dict, usual     dict, hash 0     HashMap, hash 0")
    for count in (1000, 2000, 4000, 8000):
        usual = [index * 2**61 for index in range(count)]
        chosen = [index * MODULUS for index in range(count)]
        in_dicts = [milliseconds(keys, untrusted.numbered) for keys in (usual, chosen)]
        in_rust = milliseconds(chosen, untrusted.distinct)
        print(f"{count:<5}{in_dicts[0]:>12.1f} ms{in_dicts[1]:>14.1f} ms{in_rust:>17.1f} ms")


if __name__ == "__main__":
    main()
