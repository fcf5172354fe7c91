"""Counting by workers: interpreters with a GIL of their own where Python has them, else threads."""

import sys
from array import array
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor

from geo_cells._core import count_cells

if sys.version_info >= (3, 14):
    from concurrent.futures import InterpreterPoolExecutor


def count_part(lines: bytes, precision: int) -> dict[str, int]:
    """Count the places of a part of a CSV file: latitude and longitude in each line.

    To split and to convert is Python's work, so threads of one interpreter would take turns.
    """
    places = array("d")
    for line in lines.splitlines():
        latitude, longitude = line.split(b",")
        places.append(float(latitude))
        places.append(float(longitude))
    return count_cells(places, precision)


def make_executor(workers: int) -> Executor:
    """Return the best executor that this Python has."""
    if sys.version_info >= (3, 14):
        return InterpreterPoolExecutor(workers)
    return ThreadPoolExecutor(workers)


def count_parts(parts: Iterable[bytes], precision: int = 5, *, workers: int = 2) -> dict[str, int]:
    """Count the places of all parts of a CSV file, several parts at a time.

    Args:
        parts: Whole lines, with latitude and longitude separated by a comma.
        precision: The letters of a cell, 1 to 12.
        workers: How many parts at a time.

    Returns:
        How many places each cell has.

    Raises:
        ValueError: If a line has no two numbers, or they are no place; from Python 3.14 on with the exception of the
            other interpreter as the cause.
    """
    counts: Counter[str] = Counter()
    with make_executor(workers) as executor:
        futures = [executor.submit(count_part, part, precision) for part in parts]
        for future in futures:
            counts.update(future.result())
    return dict(counts)
