"""Functions of which it is known what they do while others want the GIL."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HARD = re.compile("(a+)+b")


def spins(seconds: float) -> None:
    """Run Python code."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def hashes(data: bytes) -> bytes:
    """Compute while detached."""
    return hashlib.sha256(data).digest()


def matches(length: int) -> object:
    """Compute in C, attached, within a function of Python."""
    return HARD.search("a" * length)


def waits(seconds: float) -> None:
    """Wait in C, attached."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def uses_up(values: Iterator[int]) -> int:
    """Read an iterator."""
    return sum(values)


def sorts(values: list[int]) -> None:
    """Change the input."""
    values.sort()


def pops(values: list[int]) -> int:
    """Change the input, in no time."""
    return values.pop()


def hangs(_: object) -> None:
    """Take too long."""
    time.sleep(60)


def ends(_: object) -> None:
    """End the process."""
    os._exit(7)


def refuses(_: object) -> None:
    """Raise an exception."""
    raise ValueError("no")


def pretend_no_gil() -> None:
    """Let this Python say that it runs without the GIL."""
    vars(sys)["_is_gil_enabled"] = lambda: False
