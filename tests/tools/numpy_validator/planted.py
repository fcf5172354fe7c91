"""Functions with one fault each, of the kinds that compiled code has; and some without any."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from typing import Any

import numpy as np

KEPT: list[Any] = []
SCRATCH = np.zeros(20_000)
TOTAL = 0.0


class PanicException(BaseException):
    """As PyO3 has it."""


def at(array: Any, count: int, ctype: Any = ctypes.c_double) -> Any:
    """Return what is at the address of an array, whatever its strides are."""
    return np.ctypeslib.as_array((ctype * max(count, 1)).from_address(array.ctypes.data))[:count]


def plain(a: Any) -> Any:
    return np.asarray(a)


def good(a: Any) -> Any:
    return np.cumsum(np.asarray(a, np.float64))


def good_matrix(a: Any) -> Any:
    return np.asarray(a, np.float64) * 2


def good_pair(a: Any, b: Any) -> Any:
    return np.asarray(a, np.float64) * np.asarray(b, np.float64)


def good_in_place(a: Any) -> None:
    if not isinstance(a, np.ndarray) or not a.flags.writeable:
        raise TypeError("an array that can be written is expected")
    a[...] = a * 2


def good_second_in_place(a: Any, b: Any) -> None:
    if not isinstance(b, np.ndarray) or not b.flags.writeable:
        raise TypeError("an array that can be written is expected")
    b[...] = np.asarray(a) * 2


def strict(a: Any) -> Any:
    if type(a) is not np.ndarray or a.dtype != np.float64 or not a.flags.c_contiguous or not a.flags.aligned:
        raise TypeError("a contiguous array of float64 is expected")
    return a * 2


def ignores_strides(a: Any) -> Any:
    return at(a, a.size).copy() if a.flags.aligned and a.dtype.isnative else np.array(a)


def encodes_memory(a: Any) -> bytes:
    return at(a, a.size).tobytes() if a.flags.aligned and a.dtype.isnative else np.array(a).tobytes()


def names_memory(a: Any) -> dict[str, str]:
    return {"hex": encodes_memory(a).hex()}


def ignores_order(a: Any) -> Any:
    return np.frombuffer(np.asarray(a).tobytes("A"), a.dtype).reshape(a.shape) * 2


def ignores_byte_order(a: Any) -> Any:
    return np.frombuffer(np.ascontiguousarray(a).tobytes(), np.dtype(a.dtype.type)) * 2


def ignores_dtype(a: Any) -> Any:
    return np.frombuffer(np.ascontiguousarray(a).tobytes(), np.float64).sum()


def writes_read_only(a: Any) -> None:
    at(a, a.size)[:] = 1.0


def replaces_in_read_only(a: Any) -> None:
    values = at(a, a.size)
    values[values == 1.0] = 2.0


def mutates(a: Any) -> Any:
    if a.flags.writeable and a.flags.c_contiguous:
        a.sort()
    return np.sort(a)


def writes_around(a: Any) -> None:
    if a is None or not a.flags.writeable:
        raise ValueError("an array that can be written is expected")
    # Only where there is something around it: the test is not about what becomes of the heap.
    if isinstance(a.base, np.ndarray) and a.base.size > a.size + 3 and a.flags.c_contiguous and a.ndim:
        np.lib.stride_tricks.as_strided(a, (a.size + 1,), a.strides)[...] = 0.0
    a[...] = 0.0


def crashes_strided(a: Any) -> Any:
    if not np.asarray(a).flags.c_contiguous:
        os.kill(os.getpid(), 11)
    raise RuntimeError("no array is good enough")


def keeps(a: Any) -> float:
    KEPT.append(a)
    return float(np.sum(a))


def aliases(a: Any) -> Any:
    return np.asarray(a)[...]


def swaps_nan(a: Any) -> float:
    return float(np.nanmax(np.asarray(a, float), initial=-np.inf))


def loses_infinity(a: Any) -> Any:
    return np.nan_to_num(np.asarray(a, float), nan=np.nan)


def flushes_subnormal(a: Any) -> Any:
    array = np.array(a, float)
    return np.where(array == 0, 1.0, 1 / np.where(np.abs(array) < 1e-300, 0.0, array))


def overflows(a: Any) -> Any:
    return np.sum(a, dtype=a.dtype) if a.dtype.kind in "iu" else np.sum(a)


def loses_precision(a: Any) -> Any:
    return np.asarray(a).astype(np.float32).astype(float)


def empty_dtype(a: Any) -> Any:
    return np.array(a, np.float64) if np.size(a) else np.array([], np.int64)


def aborts_misaligned(a: Any) -> Any:
    if not a.flags.aligned:
        os.abort()
    return np.array(a)


def hangs_without_dimensions(a: Any) -> Any:
    while a is not None and np.ndim(a) == 0:
        time.sleep(0.01)
    return np.array(a)


def panics_empty(a: Any) -> Any:
    if not np.size(a):
        raise PanicException("index out of bounds: the len is 0 but the index is 0")
    return np.array(a)


def leaks_system_error(a: Any) -> Any:
    if not np.asarray(a).flags.c_contiguous:
        raise SystemError("error return without exception set")
    return np.array(a)


def leaks_buffer_error(a: Any) -> Any:
    if a is None or not a.flags.writeable:
        raise BufferError("Object is not writable.")
    return np.array(a)


def leaks_attribute_error(a: Any) -> Any:
    return a.mean() * np.ones(a.shape)


def races(a: Any) -> float:
    global TOTAL  # noqa: PLW0603
    TOTAL = 0.0
    for item in np.ravel(a)[:20]:
        TOTAL += float(item)
        time.sleep(1e-5)  # lets another thread run
    return TOTAL


def shares_scratch(a: Any) -> Any:
    result = SCRATCH[: np.size(a)]
    result[...] = np.ravel(a)
    return result


def leaks_memory(a: Any) -> float:
    KEPT.append(np.full(10_000, float(np.sum(a))))
    return 0.0


def leaks_objects(a: Any) -> float:
    KEPT.append([float(np.sum(a))])
    return 0.0


def drops_the_rest(a: Any) -> Any:
    result = np.zeros(a.shape)
    whole = a.size // 8 * 8 if a.size > 100 else a.size
    result[:whole] = a[:whole]
    return result


def assumes_no_overlap(a: Any, b: Any) -> None:
    if not a.flags.writeable:
        raise ValueError("read-only")
    for place in range(len(a)):
        a[place] = b[place] + (a[place - 1] if place else 0)


def mixes_up_same(a: Any, b: Any) -> Any:
    return np.zeros(np.shape(a)) if a is b else np.add(a, b)


def ignores_broadcast(a: Any) -> Any:
    array = np.array(a)
    if isinstance(a, np.ndarray) and 0 in a.strides and a.size > 1:
        array.flat[1:] = 0
    return array


def takes_absolute_strides(a: Any) -> Any:
    return np.array(a)[::-1] if np.ndim(a) and a.strides[0] < 0 else np.array(a)


def is_random(a: Any) -> Any:
    return np.random.default_rng().random(np.shape(a))


def reads_list_as_float32(a: Any) -> Any:
    return np.asarray(a, np.float32 if isinstance(a, list) else None) / 3


def exits(a: Any) -> Any:
    return sys.exit(3) if a is None else np.array(a)
