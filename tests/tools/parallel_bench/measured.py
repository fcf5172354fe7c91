"""Functions whose scaling is known: they wait, which needs no processor, so other processes hardly disturb them."""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BUILD_PROFILE = "release"
LOCK = threading.Lock()
# Seconds of an element.
ELEMENT = 0.0005


def waits(values: Sequence[int]) -> int:
    """Let other threads run meanwhile."""
    time.sleep(ELEMENT * len(values))
    return sum(values)


def takes_turns(values: Sequence[int]) -> int:
    """Let no other thread do the same."""
    with LOCK:
        return waits(values)


def shares(values: Sequence[int], threads: int) -> int:
    """Wait as threads of its own would, with a part of 25 % that none of them shares."""
    time.sleep(ELEMENT * len(values) * (0.25 + 0.75 / threads))
    return sum(values)


def reads_variable(values: Sequence[int]) -> int:
    """Use as many threads as a variable says."""
    return shares(values, int(os.environ.get("MEASURED_THREADS", "1")))


def in_chunks(values: Sequence[int], threads: int, chunk: int) -> int:
    """Take 1 ms for each chunk beside its elements."""
    chunks = math.ceil(len(values) / chunk)
    time.sleep((0.001 * chunks + ELEMENT * len(values)) / min(threads, chunks))
    return sum(values)


def counts_threads(values: Sequence[int], threads: int) -> int:
    """Return something else with more threads."""
    return waits(values) + threads


def adds_floats(values: Sequence[int], threads: int) -> float:
    """Add in another order with more threads."""
    time.sleep(ELEMENT)
    parts = [sum(0.1 * value for value in values[start::threads]) for start in range(threads)]
    return math.fsum(parts) if threads > 1 else sum(0.1 * value for value in values)


def returns_handle(values: Sequence[int], threads: int) -> object:
    """Return what has no `==`."""
    return iter(values[:threads])


def refuses_threads(values: Sequence[int], threads: int) -> int:
    """Refuse more than one thread."""
    if threads > 1:
        raise ValueError("only one thread")
    return waits(values)


CALLS: list[int] = []


def fails_later(values: Sequence[int], threads: int) -> int:
    """Fail when it was called often."""
    CALLS.append(threads)
    if len(CALLS) > 8:
        raise ValueError("too often")
    return sum(values)


def ends(values: Sequence[int], threads: int) -> int:
    """End the process with more than one thread."""
    if threads > 1:
        os._exit(7)
    return waits(values)


def hangs(values: Sequence[int], threads: int) -> int:
    """Wait forever with more than one thread."""
    if threads > 1:
        time.sleep(60)
    return waits(values)
