"""What values are: their types, the bytes that they need and take, whether they are equal, and whether they change."""

from __future__ import annotations

import cmath
import dataclasses
import itertools
import sys
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# How many items of a container are looked at.
SAMPLE = 1000
SIZES: dict[type, int] = {type(None): 1, bool: 1, float: 8, complex: 16}
OBJECT_EQUALITY: Any = object.__eq__


def type_of(value: object) -> str:
    """Return the name of a type, with that of an array's elements."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    dtype = getattr(value, "dtype", None)
    return f"{name} of {dtype}" if dtype is not None else name


def payload(value: Any) -> int | None:
    """Return the bytes that values need in C, without what Python adds; nothing if that is not known."""
    try:
        return payload_of(value)
    except RecursionError:  # it refers to itself
        return None


def payload_of(value: Any) -> int | None:
    """Return the bytes that a value needs in C, and those that it refers to."""
    if type(value) in SIZES:
        return SIZES[type(value)]
    if isinstance(value, int):
        return max(8, (value.bit_length() + 7) // 8)
    if isinstance(value, str | bytes | bytearray):
        return len(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
    if isinstance(value, dict | list | tuple | set | frozenset):
        return total(value.items() if isinstance(value, dict) else value, len(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return payload_of([getattr(value, field.name) for field in dataclasses.fields(value)])
    return size_of(value)


def total(values: Iterable[Any], count: int) -> int | None:
    """Return the bytes of many values by those of some; of a few, those that are known."""
    sizes = [payload_of(value) for value in itertools.islice(values, SAMPLE)]
    known = [size for size in sizes if size is not None]
    return sum(known) * count // len(sizes) if known else None if sizes else 0


def size_of(value: Any) -> int | None:
    """Return the bytes of an object that is one piece of memory or knows its size; else nothing."""
    for name in ("nbytes", "estimated_size"):
        with suppress(Exception):  # it is somebody else's code
            size = getattr(value, name, None)
            size = size() if callable(size) else size
            if isinstance(size, int):
                return size
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | bytearray):
        return sys.getsizeof(value)
    try:
        return memoryview(value).nbytes
    except Exception:  # noqa: BLE001  (it has no buffer, or none any more)
        return None


def weight_of(value: Any) -> int | None:
    """Return the bytes that an object takes, those in it included; of many by some; nothing if that is not known."""
    # Python's own allocator has pieces of 16 bytes.
    if not isinstance(value, list | tuple | set | frozenset | dict):
        return size_of(value)
    groups = value.items() if isinstance(value, dict) else ((item,) for item in value)
    weights = [
        sum((weight_of(part) or 0) + 15 & ~15 for part in group) for group in itertools.islice(groups, SAMPLE // 10)
    ]
    return sys.getsizeof(value) + (sum(weights) * len(value) // len(weights) if weights else 0)


def trace_of(value: Any) -> Any:
    """Return what tells whether a small input was changed."""
    try:
        return bytes(memoryview(value)) if not isinstance(value, bytes) else value
    except (TypeError, BufferError, ValueError):
        return repr(value)


def agree(left: Any, right: Any) -> bool | None:
    """Return whether two results are equal, floats about so; nothing if that can't be told."""
    if isinstance(left, int | float | complex) and isinstance(right, int | float | complex):
        return agree_as_numbers(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and agree(list(left.values()), [right[key] for key in left])
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        answers = {agree(a, b) for a, b in zip(left, right, strict=False)} | {len(left) == len(right)}
        return False if False in answers else None if None in answers else True
    try:
        if "numpy" in sys.modules and (hasattr(left, "__array__") or hasattr(right, "__array__")):
            return agree_as_arrays(sys.modules["numpy"], left, right)
        equal = left == right
    except Exception:  # noqa: BLE001
        return None
    kinds = {type(left), type(right)}
    # Without an `==` of its own a type, such as a generator, says no more than whether it is the same object.
    is_known = all(kind.__eq__ is not OBJECT_EQUALITY or kind is type(None) for kind in kinds)
    is_known &= len(kinds) == 1 or all(kind.__module__ == "builtins" for kind in kinds)
    return equal if isinstance(equal, bool) and (equal or is_known) else None


def agree_as_numbers(left: complex, right: complex) -> bool:
    """Return whether two numbers are equal: integers exactly, others about so, and NaN is NaN."""
    if left == right or (isinstance(left, int) and isinstance(right, int)):
        return bool(left == right)
    try:
        return cmath.isclose(left, right, rel_tol=1e-6) or (cmath.isnan(left) and cmath.isnan(right))
    except OverflowError:  # an integer that no float can be
        return False


def agree_as_arrays(np: Any, left: Any, right: Any) -> bool | None:
    """Return whether two arrays are equal."""
    a, b = np.asarray(left), np.asarray(right)
    if a.shape != b.shape:
        return False
    kinds = a.dtype.kind + b.dtype.kind
    if "O" in kinds or "V" in kinds:
        return None
    equal = np.allclose(a, b, rtol=1e-4, equal_nan=True) if set(kinds) & {"f", "c"} else a == b
    return bool(np.all(equal))
