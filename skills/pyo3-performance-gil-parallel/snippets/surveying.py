"""Work on heights of the ground in several processes, with the memory shared."""

from __future__ import annotations

import mmap
from contextlib import contextmanager
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING

import numpy as np
from performance_snippets._core import processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

DISTANCE = 30.0


# region: parent
@contextmanager
def shared(numbers: NDArray[np.float64]) -> Iterator[SharedMemory]:
    """Copy an array into memory that has a name, and remove that in the end."""
    memory = SharedMemory(create=True, size=numbers.nbytes)
    try:
        np.frombuffer(memory.buf, count=numbers.size)[:] = numbers
        yield memory
    finally:
        memory.close()
        memory.unlink()


# endregion: parent


# region: worker
attached: list[SharedMemory] = []


def attach(*names: str) -> None:
    """Map the memory of the parent: the initializer of each worker."""
    attached[:] = [SharedMemory(name) for name in names]


def slopes_between(first: int, last: int) -> None:
    """Work on a part: two numbers come in, and nothing goes out."""
    heights, angles = (
        np.frombuffer(memory.buf, offset=8 * first, count=count)
        for memory, count in zip(attached, (last - first + 1, last - first), strict=True)
    )
    processes.slopes(heights, angles, DISTANCE)


# endregion: worker


def slopes_of(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Work on heights that were pickled, and return the angles, which will be."""
    angles = np.empty(heights.size - 1)
    processes.slopes(heights, angles, DISTANCE)
    return angles


# region: file
def highest_in(tile: Path, columns: int, first: int, last: int) -> int | None:
    """Find the highest of some rows of a file; the pages that it lies in are those of all processes."""
    part = slice(2 * columns * first, 2 * columns * last)
    with (
        tile.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as heights,
        heights[part] as rows,
    ):
        return processes.highest(rows)


# endregion: file


def is_steep(height: float) -> bool:
    """Decide by a rule of Python's."""
    return height % 100 > 50


def classify(heights: list[float]) -> int:
    """Let Python decide on each height."""
    return processes.classify(heights, is_steep)


def every(step: int) -> list[float]:
    """Keep every nth height; a step of zero panics."""
    return processes.every([1.0, 2.0, 3.0], step)


def abort() -> None:
    """End the process without a word."""
    processes.lose_memory()


def lift_shared(name: str, level: float) -> int:
    """Raise what is below the level in memory that another process made, without NumPy."""
    memory = SharedMemory(name)
    try:
        with memory.buf.cast("d") as heights:
            return processes.lift(heights, level)
    finally:
        memory.close()


def nothing() -> None:
    """Do nothing."""


def marks() -> int:
    """Return how often this process, or the one that it was forked from, has called `mark`."""
    return processes.marks()
