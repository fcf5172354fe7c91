"""What all protocols have in common: layouts of memory, capsules, and exceptions in a line."""

from __future__ import annotations

import ctypes
import operator
import re
import struct
import sys
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    Facts = dict[str, Any]

# Functions of our own, whose types no other user of `ctypes.pythonapi` can change.
PYTHON = ctypes.PyDLL(None, handle=ctypes.pythonapi._handle)  # noqa: SLF001
PYTHON.PyCapsule_GetName.restype = ctypes.c_char_p
PYTHON.PyCapsule_GetName.argtypes = [ctypes.py_object]
PYTHON.PyCapsule_GetPointer.restype = ctypes.c_void_p
PYTHON.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
PYTHON.PyCapsule_SetName.argtypes = [ctypes.py_object, ctypes.c_char_p]
# No buffer has more.
MOST_DIMENSIONS = 64
# Characters of an exception.
LONGEST = 300
FOREIGN_ORDERS = ">!" if sys.byteorder == "little" else "<"


class ReadError(Exception):
    """What an object exports is not what the protocol says."""


def describe(error: BaseException) -> str:
    """Return an exception in one line: the first paragraph of its message, without its notes."""
    try:
        report = traceback.TracebackException(type(error), error, None)
        report.__notes__ = None
        *_, text = report.format_exception_only()
        return " ".join(text.strip().partition("\n\n")[0].split())[:LONGEST]
    except BaseException:  # noqa: BLE001  (its text is somebody else's code)
        return type(error).__name__


def layout(  # noqa: PLR0913, PLR0917
    address: int | None, itemsize: int, shape: Sequence[int], strides: Sequence[int] | None = None, kind: str = "",
    align: int = 1, label: str = "",
) -> Facts:  # fmt: skip
    """Return where the elements of an export are; without strides they are in C order."""
    sizes = numbers("shape", shape)
    steps = compact(itemsize, sizes) if strides is None else numbers("strides", strides)
    (start,) = numbers("address", [address or 0])
    if itemsize < 0 or start < 0 or any(size < 0 for size in sizes):
        raise ReadError(f"a negative size: items of {itemsize} bytes, shape {tuple(sizes)}")
    if len(steps) != len(sizes):
        raise ReadError(f"{len(sizes)} dimensions and {len(steps)} strides")
    return {
        "address": start, "itemsize": itemsize, "shape": sizes, "strides": steps, "kind": kind,
        "align": align, "label": label,
    }  # fmt: skip


def numbers(name: str, values: Iterable[Any]) -> list[int]:
    """Return numbers, which other protocols than those of C may have as anything."""
    try:
        return [operator.index(value) for value in values]
    except TypeError as error:
        raise ReadError(f"{name}: {error}") from None


def compact(itemsize: int, shape: Sequence[int]) -> list[int]:
    """Return the strides of C order."""
    strides = []
    for size in reversed(shape):
        strides.append(itemsize)
        itemsize *= size
    return strides[::-1]


def take(pointer: Any, count: int) -> list[int] | None:
    """Return the numbers at a pointer; nothing if it is NULL."""
    return [pointer[index] for index in range(count)] if pointer else None


def dimensions(count: int) -> int:
    """Return a number of dimensions if it can be one; what is read by a wrong one crashes."""
    if not 0 <= count <= MOST_DIMENSIONS:
        raise ReadError(f"{count} dimensions")
    return count


def alignment_of(kind: str) -> int:
    """Return what the address of an element must be a multiple of by its format; 1 where that is not known."""
    code = kind.lstrip("@=<>!^").removeprefix("Z")
    if code == "g":
        return ctypes.alignment(ctypes.c_longdouble)
    try:
        return struct.calcsize(f"@b{code}") - struct.calcsize(f"@{code}") if len(code) == 1 and code != "s" else 1
    except struct.error:
        return 4 if code == "w" else 1


def is_foreign_order(kind: str) -> bool:
    """Return whether elements of a format have the byte order of other machines."""
    codes = re.sub(r":[^:]*:", "", kind)
    return any(order in codes for order in FOREIGN_ORDERS)


def size_of(kind: str) -> int | None:
    """Return the size of a format where `struct` knows it."""
    try:
        return struct.calcsize(kind)
    except struct.error:
        return None


def pair_of(value: Any, method: str) -> tuple[Any, Any]:
    """Return the two values that a method has to return.

    Raises:
        ReadError: It returns something else.
    """
    if not isinstance(value, list | tuple):
        raise ReadError(f"expected two values of `{method}`, got `{type(value).__name__}`")
    if len(value) != 2:
        raise ReadError(f"expected two values of `{method}`, got {len(value)}")
    return value[0], value[1]


def capsule_pointer(capsule: object, names: Iterable[bytes]) -> tuple[bytes, int]:
    """Return the name and the pointer of a capsule with one of these names.

    Raises:
        ReadError: It is no such capsule.
    """
    if type(capsule).__name__ != "PyCapsule":
        raise ReadError(f"expected a capsule, got `{type(capsule).__name__}`")
    name = PYTHON.PyCapsule_GetName(capsule)
    if name not in names:
        raise ReadError(f"expected a capsule named {b' or '.join(names)!r}, got one named {name!r}")
    return name, PYTHON.PyCapsule_GetPointer(capsule, name)
