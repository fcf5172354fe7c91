"""What proves that a call copies nothing, or leaks something. Linux only, where it is about memory of the process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = Path("/proc/self/status")


# region: address
def address_of(data: object) -> int:
    """Return where the first element lies of anything that exports a buffer, such as an array or bytes."""
    return int(np.asarray(memoryview(data)).ctypes.data)  # type: ignore[arg-type]


# endregion: address


# region: peak
def resident(field: str) -> int:
    """Return how many bytes of memory the process has now, "VmRSS", or had at most, "VmHWM"."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    line = next(line for line in lines if line.startswith(field))
    return int(line.split()[1]) * 1024


def peak_growth(action: Callable[[], object]) -> int:
    """Return how many bytes more than before the process has at most while an action runs."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # makes the peak what there is now
    before = resident("VmRSS")
    result = action()
    growth = resident("VmHWM") - before
    del result  # only now: what is returned counts, too
    return growth


# endregion: peak


# region: leaks
def references_kept(action: Callable[[object], object], argument: object, times: int = 100) -> float:
    """Return how many references to its argument a call keeps."""
    action(argument)  # the first call may fill caches
    before = sys.getrefcount(argument)
    for _ in range(times):
        action(argument)
    return (sys.getrefcount(argument) - before) / times


def bytes_kept(action: Callable[[], object], times: int = 100) -> float:
    """Return how many bytes of memory a call keeps: the process as a whole, so that nothing escapes."""
    for _ in range(times):
        action()  # until the allocators have what they keep for later
    before = resident("VmRSS")
    for _ in range(times):
        action()
    return (resident("VmRSS") - before) / times


# endregion: leaks
