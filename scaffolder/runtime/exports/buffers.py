"""The buffer protocol (PEP 3118), and NumPy's protocols for arrays."""

from __future__ import annotations

import ctypes
import math
import re
import sys
from ctypes import POINTER, c_char_p, c_int, c_ssize_t, c_void_p

from scaffolder.runtime.exports.protocols import (
    FOREIGN_ORDERS,
    PYTHON,
    ReadError,
    alignment_of,
    compact,
    describe,
    dimensions,
    is_foreign_order,
    layout,
    size_of,
    take,
)  # fmt: skip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Facts = dict[str, Any]


class Buffer(ctypes.Structure):
    """A `Py_buffer`."""

    _fields_ = (
        ("buf", c_void_p), ("obj", c_void_p), ("len", c_ssize_t), ("itemsize", c_ssize_t), ("readonly", c_int),
        ("ndim", c_int), ("format", c_char_p), ("shape", POINTER(c_ssize_t)), ("strides", POINTER(c_ssize_t)),
        ("suboffsets", POINTER(c_ssize_t)), ("internal", c_void_p),
    )  # fmt: skip


class ArrayStruct(ctypes.Structure):
    """What the capsule of `__array_struct__` points to."""

    _fields_ = (
        ("two", c_int), ("nd", c_int), ("typekind", ctypes.c_char), ("itemsize", c_int), ("flags", c_int),
        ("shape", POINTER(c_ssize_t)), ("strides", POINTER(c_ssize_t)), ("data", c_void_p), ("descr", c_void_p),
    )  # fmt: skip


PYTHON.PyObject_GetBuffer.argtypes = [ctypes.py_object, POINTER(Buffer), c_int]
PYTHON.PyBuffer_Release.argtypes = [POINTER(Buffer)]
PYTHON.PyObject_CheckBuffer.argtypes = [ctypes.py_object]
WRITABLE, FORMAT, ND, STRIDES, INDIRECT = 0x1, 0x4, 0x8, 0x18, 0x118
REQUESTS = {
    "SIMPLE": 0, "WRITABLE": WRITABLE, "FORMAT": FORMAT, "ND": ND, "STRIDES": STRIDES, "C_CONTIGUOUS": 0x38,
    "F_CONTIGUOUS": 0x58, "ANY_CONTIGUOUS": 0x98, "INDIRECT": INDIRECT, "STRIDED": STRIDES | WRITABLE,
}  # fmt: skip
FULL = INDIRECT | FORMAT
TYPESTR = re.compile(r"[<>|=][A-Za-z]\d*($|\[)")
RICHEST = ("INDIRECT", "STRIDES", "F_CONTIGUOUS", "ND", "SIMPLE")


class BufferExport:
    """An open export by the buffer protocol."""

    def __init__(self, value: object, flags: int = FULL) -> None:
        self.view = Buffer()
        if PYTHON.PyObject_GetBuffer(value, self.view, flags):
            raise ReadError("it refuses without an exception")

    def close(self) -> Facts:
        """Release it."""
        PYTHON.PyBuffer_Release(self.view)
        return {}


def is_buffer(value: object) -> bool:
    """Return whether an object has the buffer protocol."""
    return bool(PYTHON.PyObject_CheckBuffer(value))


def export_buffer(value: object) -> tuple[Facts, Any] | None:
    """Export an object's memory in full, then by each request, and compare the answers with what was asked for."""
    if not is_buffer(value):
        return None
    answers: dict[str, str | None] = {}
    flaws = []
    for name, flags in REQUESTS.items():
        answers[name], broken = answer(value, flags)
        flaws += [f"{name}: {flaw}" for flaw in broken]
    flags = FULL
    try:
        export = BufferExport(value, flags)
    except BaseException:
        if all(answers[name] for name in RICHEST):
            raise
        # It can be had, but not with all that a consumer may want to know.
        flags = next(REQUESTS[name] for name in RICHEST if not answers[name])
        export = BufferExport(value, flags)
    view = export.view
    shape, strides, suboffsets = shape_of(view, flags), take(view.strides, view.ndim), take(view.suboffsets, view.ndim)
    kind = (view.format or b"B").decode("utf-8", "replace") if flags & FORMAT else "unknown"
    place = layout(view.buf, view.itemsize, shape, strides, kind, alignment_of(kind))
    facts = {
        "readonly": bool(view.readonly), "suboffsets": suboffsets, "requests": answers, "flaws": flaws,
        "foreign_order": is_foreign_order(kind), "extras": extras_of(value),
        "no_strides": flags & STRIDES == STRIDES and strides is None and bool(shape),
    }  # fmt: skip
    is_indirect = any(number >= 0 for number in suboffsets or [])
    return {**facts, "indirect": is_indirect, "layouts": [place]}, export


def shape_of(view: Buffer, flags: int) -> list[int]:
    """Return the shape; without one the export is a row."""
    if flags & ND and not dimensions(view.ndim):
        return []
    shape = take(view.shape, view.ndim) if flags & ND else None
    return shape if shape is not None else [view.len // (view.itemsize or 1)]


def answer(value: object, flags: int) -> tuple[str | None, list[str]]:
    """Return how an object refuses a request, or nothing; and what is wrong with an answer."""
    try:
        export = BufferExport(value, flags)
    except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
        return describe(error), []
    try:
        return None, list(flaws_of(export.view, flags))
    finally:
        export.close()


def flaws_of(view: Buffer, flags: int) -> Iterator[str]:
    """Yield where an answer is not what the protocol promises for the request."""
    if flags & WRITABLE and view.readonly:
        yield "is read-only"
    if not view.obj:
        yield "has no owner, so it is never released"
    if not 0 <= view.ndim <= 64:
        yield f"has {view.ndim} dimensions"
        return
    if flags & ND and view.ndim and not view.shape:
        yield "has no shape"
        return
    yield from flaws_of_sizes(view, flags)


def extras_of(value: object) -> list[str]:
    """Return what an answer has that nobody asked for, where the protocol says NULL."""
    try:
        export = BufferExport(value, 0)
    except BaseException:  # noqa: BLE001  (that is another fact)
        return []
    view = export.view
    members = {"format": view.format, "shape": view.shape, "strides": view.strides}
    extras = [name for name, member in members.items() if member]
    export.close()
    return extras


def flaws_of_sizes(view: Buffer, flags: int) -> Iterator[str]:
    """Yield where sizes contradict each other."""
    shape, strides = shape_of(view, flags), take(view.strides, view.ndim) if flags & STRIDES == STRIDES else None
    if flags & ND and math.prod(shape) * view.itemsize != view.len:
        yield f"has {view.len} bytes, and shape {tuple(shape)} of {view.itemsize}"
    size = size_of(view.format.decode("utf-8", "replace")) if view.format else None
    if size is not None and size != view.itemsize:
        yield f"has items of {view.itemsize} bytes, and format `{view.format.decode()}` of {size}"
    orders = {0x38: ("C",), 0x58: ("F",), 0x98: ("C", "F")}.get(flags & ~FORMAT)
    # Without strides C order is meant.
    strides = compact(view.itemsize, shape) if strides is None else strides
    if orders and not any(is_contiguous(view.itemsize, shape, strides, order) for order in orders):
        yield f"has strides {tuple(strides)}"


def is_contiguous(itemsize: int, shape: Sequence[int], strides: Sequence[int], order: str) -> bool:
    """Return whether elements follow each other in C or Fortran order; the stride of one element does not count."""
    step = 1 if order == "C" else -1
    expected = compact(itemsize, shape[::step])[::step]
    return 0 in shape or all(n == 1 or a == b for n, a, b in zip(shape, strides, expected, strict=True))


def export_interface(value: Any) -> tuple[Facts, Any] | None:
    """Read `__array_interface__`."""
    interface = None if isinstance(value, type) else getattr(value, "__array_interface__", None)
    if interface is None:
        return None
    if not isinstance(interface, dict):
        raise ReadError(f"expected a `dict`, got `{type(interface).__name__}`")
    missing = [key for key in ("version", "shape", "typestr") if key not in interface]
    if missing:
        raise ReadError(f"no `{missing[0]}`")
    data = interface.get("data")
    keep: list[Any] = [interface]
    if isinstance(data, tuple):
        if len(data) != 2:
            raise ReadError(f"`data` is {data!r}")
        address, readonly = data
    else:
        # No pointer: the memory is that of a buffer.
        keep.append(BufferExport(value if data is None else data))
        address, readonly = (keep[-1].view.buf or 0) + interface.get("offset", 0), bool(keep[-1].view.readonly)
    facts = interface_facts(interface["typestr"])
    place = layout(
        address, facts["itemsize"], interface["shape"], interface.get("strides"), interface["typestr"], facts["align"]
    )
    facts = {"readonly": bool(readonly), "foreign_order": facts["foreign_order"]}
    return {**facts, "layouts": [place]}, Kept(keep)


class Kept:
    """What has to live as long as an export is read."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def close(self) -> Facts:
        """Let go of it."""
        for value in self.values:
            if isinstance(value, BufferExport):
                value.close()
        self.values = []
        return {}


def interface_facts(typestr: Any) -> Facts:
    """Read the type of an array's elements, such as `<f8`."""
    if not isinstance(typestr, str) or not TYPESTR.match(typestr):
        raise ReadError(f"`typestr` is {typestr!r}")
    order, kind, size = typestr[0], typestr[1], int(typestr[2:].partition("[")[0] or 0)
    itemsize = size * 4 if kind == "U" else size
    align = {"b": size, "i": size, "u": size, "f": size, "c": size // 2, "m": 8, "M": 8, "O": 8, "U": 4}.get(kind, 1)
    itemsize = ctypes.sizeof(c_void_p) if kind == "O" and not size else itemsize
    return {"itemsize": itemsize, "align": max(align, 1), "foreign_order": order in FOREIGN_ORDERS}


def export_struct(value: Any) -> tuple[Facts, Any] | None:
    """Read `__array_struct__`."""
    capsule = None if isinstance(value, type) else getattr(value, "__array_struct__", None)
    if capsule is None:
        return None
    if type(capsule).__name__ != "PyCapsule":
        raise ReadError(f"expected a capsule, got `{type(capsule).__name__}`")
    name = PYTHON.PyCapsule_GetName(capsule)
    array = ArrayStruct.from_address(PYTHON.PyCapsule_GetPointer(capsule, name))
    if array.two != 2:
        raise ReadError(f"expected a structure that begins with 2, got {array.two}")
    count = dimensions(array.nd)
    order = FOREIGN_ORDERS[0] if not array.flags & 0x200 else "<" if sys.byteorder == "little" else ">"
    is_ordered = array.itemsize > 1 and array.typekind not in b"VSO"
    size = array.itemsize // 4 if array.typekind == b"U" else array.itemsize
    kind = f"{order if is_ordered else '|'}{array.typekind.decode()}{size}"
    align = min(interface_facts(kind)["align"], array.itemsize or 1)
    shape, strides = take(array.shape, count) or [], take(array.strides, count)
    place = layout(array.data, array.itemsize, shape, strides, kind, align)
    # Flags as in NumPy: 0x200 native byte order, 0x400 writable; NumPy clears them for structured types.
    is_known = array.typekind != b"V"
    facts = {
        "readonly": not array.flags & 0x400 if is_known else None,
        "foreign_order": is_known and not array.flags & 0x200 and array.itemsize > 1,
    }
    return {**facts, "layouts": [place]}, Kept([capsule])


def export_array(value: Any) -> tuple[Facts, Any] | None:
    """Call `__array__`, and read where the result is."""
    method = getattr(value, "__array__", None)
    if method is None or isinstance(value, type):
        return None
    try:
        import numpy as np  # noqa: F401
    except ImportError:
        raise ReadError("it needs NumPy, which this Python does not have") from None
    array = method()
    result = export_interface(array)
    if result is None:
        raise ReadError(f"expected an array, got `{type(array).__name__}`")
    facts, keep = result
    keep.values.append(array)
    return facts, keep
