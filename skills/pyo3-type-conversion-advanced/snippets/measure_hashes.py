"""Measure dictionaries of integers with chosen hashes, which Rust makes for Python."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from conversion_snippets._core import untrusted_data as untrusted

if TYPE_CHECKING:
    from collections.abc import Callable

MODULUS = 2**61 - 1


def chained(places: int, limit: int) -> list[int]:
    """Return integers below a limit that stand behind one another in a dictionary of 2**n places."""
    line, place = [], 1
    for _ in range(places * 15 // 32):
        line.append(place)
        # Python goes on like this when it has used up the bits of the hash.
        place = (5 * place + 1) % places
    position = np.full(places, -1)
    position[line] = np.arange(len(line))
    keys = rest = np.arange(places, limit)
    place_of = keys % places
    taken = position[place_of] >= 0
    while rest.any():
        rest = rest >> 5
        place_of = (5 * place_of + rest + 1) % places
        taken &= position[place_of] >= 0
    farthest_first = np.argsort(position[place_of[taken]])
    return line + [int(key) for key in keys[taken][farthest_first][: places * 5 // 32]]


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
    small = chained(2**15, 2**23)
    usual_time, chosen_time = (milliseconds(keys, dict.fromkeys) for keys in (list(range(len(small))), small))
    print(f"{len(small)} keys below 2**23 in a dict: usual {usual_time:.1f} ms, chosen {chosen_time:.1f} ms")


if __name__ == "__main__":
    main()
