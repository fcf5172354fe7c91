"""Functions whose costs, copies and faults are known."""

from __future__ import annotations

import ctypes
import itertools
import os
import time
from dataclasses import dataclass
from typing import Any

BUILD_PROFILE = "release"
CALLS: list[object] = []


def waits(values: object) -> int:
    """Take 100 us, and 100 ns for each element."""
    size = len(values)  # type: ignore[arg-type]
    end = time.perf_counter() + 1e-4 + 1e-7 * size
    while time.perf_counter() < end:
        pass
    return size


DURATIONS = itertools.cycle([1e-3, 1e-3, 5e-3, 5e-3, 5e-3])


def wavers(values: object) -> int:
    """Take 1 ms twice, then 5 ms three times."""
    time.sleep(next(DURATIONS))
    return len(values)  # type: ignore[arg-type]


def squared(values: object) -> int:
    """Take 5 ns for each pair of elements."""
    size = len(values)  # type: ignore[arg-type]
    end = time.perf_counter() + 5e-9 * size * size
    while time.perf_counter() < end:
        pass
    return size


def reads(values: bytes) -> int:
    """Read all bytes where they are."""
    return values.count(b"\x01")


def copies(values: bytes) -> int:
    """Read a copy."""
    return bytearray(values).count(b"\x01")


def copies_unseen(values: bytes) -> int:
    """Copy to memory that Python does not know of, and free it."""
    library = ctypes.CDLL(None)
    library.malloc.restype = ctypes.c_void_p
    place = library.malloc(ctypes.c_size_t(len(values)))
    ctypes.memmove(place, values, len(values))
    library.free(ctypes.c_void_p(place))
    return len(values)


def builds(values: bytes) -> bytearray:
    """Build a result."""
    return bytearray(values)


def builds_twice(values: bytes) -> bytes:
    """Build a small result twice."""
    return bytes(bytearray(len(values) // 2))


def works(values: bytes) -> int:
    """Use much memory for something else."""
    return len(bytearray(3 * len(values)))


def views(values: bytes) -> memoryview:
    """Return a part of the input."""
    return memoryview(values)[len(values) // 4 :]


def same(values: object) -> object:
    """Return the input."""
    return values


class Holder:
    """Refers to something, and shows nothing."""

    __slots__ = ("values",)

    def __init__(self, values: object) -> None:
        self.values = values


@dataclass
class Ring:
    """Refers to itself."""

    next: Ring | None = None

    def __post_init__(self) -> None:
        self.next = self


class Hidden:
    """Does not say its size."""

    @property
    def nbytes(self) -> int:
        raise OSError("closed")


def keeps(values: object) -> None:
    """Keep the input."""
    CALLS[:] = [values]


def sorts(values: list[float]) -> None:
    """Change the input."""
    values.sort(reverse=values[0] < values[-1])


def reverses(values: Any) -> None:
    """Change the input in place."""
    values[:] = values[::-1].copy()


def caches(text: str) -> int:
    """Leave UTF-8 in a text, as CPython does for C and Rust."""
    size = ctypes.c_ssize_t()
    function = ctypes.pythonapi.PyUnicode_AsUTF8AndSize
    function.argtypes, function.restype = [ctypes.py_object, ctypes.POINTER(ctypes.c_ssize_t)], ctypes.c_void_p
    function(text, size)
    return size.value


def refuses_large(values: object) -> int:
    """Refuse more than 10 elements."""
    if len(values) > 10:  # type: ignore[arg-type]
        raise ValueError("too many")
    return 1


def needs_three(values: bytes) -> int:
    if len(values) < 3:
        raise ValueError("fewer values than the window has")
    return len(values)


def misspells(values: bytes) -> int:
    """Use a name that there is not."""
    return len(values) + valeus  # type: ignore[name-defined,no-any-return]  # noqa: F821


def panics(_: object) -> int:
    """Raise what `except Exception` does not catch."""
    raise type("PanicException", (BaseException,), {})("index out of bounds")


def panics_once(values: bytes) -> int:
    return len(values) if len(values) > 1 else panics(values)


def ends(values: object) -> int:
    """End the process."""
    if len(values) > 10:  # type: ignore[arg-type]
        os._exit(7)
    return 1


def hangs(values: object) -> int:
    """Take too long."""
    if len(values) > 10:  # type: ignore[arg-type]
        time.sleep(60)
    return 1
