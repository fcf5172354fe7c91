"""Objects that export memory as C would, rightly or wrongly, without any package."""

from __future__ import annotations

import ctypes
import os
import time
from ctypes import POINTER, c_char_p, c_int32, c_int64, c_uint8, c_uint16, c_uint64, c_void_p
from typing import Any

NEW = ctypes.pythonapi.PyCapsule_New
NEW.restype, NEW.argtypes = ctypes.py_object, [c_void_p, c_char_p, c_void_p]
PYTHON = ctypes.PyDLL(None, handle=ctypes.pythonapi._handle)  # noqa: SLF001
POINTER_OF = PYTHON.PyCapsule_GetPointer
POINTER_OF.restype, POINTER_OF.argtypes = c_void_p, [c_void_p, c_char_p]
IS_VALID = PYTHON.PyCapsule_IsValid
IS_VALID.argtypes = [c_void_p, c_char_p]
CALL = ctypes.PYFUNCTYPE(None, c_void_p)
MALLOC: Any = getattr(PYTHON, "malloc", None)
# What C would allocate; nothing of it may go as long as somebody has its address.
KEPT: list[Any] = []
HELD: list[Any] = []


def capsule(structure: Any, name: bytes, destructor: Any) -> Any:
    """Return a capsule around a structure."""
    KEPT.extend([structure, destructor, name])
    return NEW(ctypes.addressof(structure), name, ctypes.cast(destructor, c_void_p) if destructor else None)


class Tensor(ctypes.Structure):
    """A `DLManagedTensor`."""

    _fields_ = (
        ("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
        ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64), ("context", c_void_p), ("deleter", c_void_p),
    )  # fmt: skip


class Floats:
    """Six floats in two rows, by DLPack; a capsule that is dropped calls the deleter so many times."""

    def __init__(self, times: int = 1, name: bytes = b"dltensor", device: int = 1, dimensions: int = 2) -> None:
        self.memory = (ctypes.c_float * 6)()
        self.times, self.name, self.device, self.dimensions = times, name, device, dimensions

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device, 0

    def __dlpack__(self) -> Any:
        """Export them; a producer of another time, without versions."""
        deleter = CALL(lambda _: None)
        shape, strides = (c_int64 * 2)(2, 3), (c_int64 * 2)(3, 1)
        tensor = Tensor(
            ctypes.addressof(self.memory), 1, 0, self.dimensions, 2, 32, 1, shape, strides, 0, None,
            ctypes.cast(deleter, c_void_p),
        )  # fmt: skip
        KEPT.extend([deleter, shape, strides])

        def destroy(pointer: int) -> None:
            if IS_VALID(pointer, b"dltensor"):
                managed = Tensor.from_address(POINTER_OF(pointer, b"dltensor"))
                for _ in range(self.times):
                    CALL(managed.deleter)(ctypes.addressof(managed))

        return capsule(tensor, self.name, CALL(destroy))


class Schema(ctypes.Structure):
    """An `ArrowSchema`."""

    _fields_ = (
        ("format", c_char_p), ("name", c_char_p), ("metadata", c_void_p), ("flags", c_int64), ("n_children", c_int64),
        ("children", c_void_p), ("dictionary", c_void_p), ("release", c_void_p), ("private_data", c_void_p),
    )  # fmt: skip


class Array(ctypes.Structure):
    """An `ArrowArray`."""

    _fields_ = (
        ("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
        ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", c_void_p), ("dictionary", c_void_p),
        ("release", c_void_p), ("private_data", c_void_p),
    )  # fmt: skip


class Integers:
    """Four 32-bit integers, the second of which is null, by Arrow.

    Args:
        marks: Whether `release` marks a structure as released.
        destroys: Whether a capsule that is dropped releases its structure.
        skip: By how many bytes the integers are misaligned.
        offset: Where the array begins in its buffers.
        validity: Whether it has a validity buffer.
        data: Whether it has a data buffer.
        buffers: How many buffers it says it has.
    """

    def __init__(
        self, *, marks: bool = True, destroys: bool = True, skip: int = 0, offset: int = 0, validity: bool = True,
        data: bool = True, buffers: int = 2,
    ) -> None:  # fmt: skip
        self.has_validity, self.has_data, self.buffers = validity, data, buffers
        self.memory = (ctypes.c_uint8 * 64)()
        self.start = ctypes.addressof(self.memory) + 16 + skip
        self.validity = (ctypes.c_uint8 * 8)(0b1101)
        self.marks, self.destroys, self.offset = marks, destroys, offset

    def wrap(self, structure: Any, name: bytes) -> Any:
        """Return a capsule that owns a structure."""
        kind = type(structure)

        def release(pointer: int) -> None:
            if self.marks:
                kind.from_address(pointer).release = None

        def destroy(pointer: int) -> None:
            owned = kind.from_address(POINTER_OF(pointer, name))
            if owned.release and self.destroys:
                CALL(owned.release)(ctypes.addressof(owned))

        call = CALL(release)
        KEPT.append(call)
        structure.release = ctypes.cast(call, c_void_p)
        return capsule(structure, name, CALL(destroy))

    def __arrow_c_schema__(self) -> Any:
        return self.wrap(Schema(b"i", b"count", None, 2), b"arrow_schema")

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        validity = ctypes.addressof(self.validity) if self.has_validity else None
        buffers = (c_void_p * 2)(validity, self.start if self.has_data else None)
        KEPT.append(buffers)
        array = Array(4 - self.offset, 1, self.offset, self.buffers, 0, buffers)
        return self.__arrow_c_schema__(), self.wrap(array, b"arrow_array")


class Garbage:
    """An Arrow array that is none: to read it is to crash."""

    def __arrow_c_array__(self) -> tuple[Any, Any]:
        schema = Integers().__arrow_c_schema__()
        return schema, NEW(0xDEAD0, b"arrow_array", None)


class Interface:
    """What `__array_interface__` says, over a memory of 64 bytes."""

    def __init__(self, **entries: Any) -> None:
        self.memory = (ctypes.c_uint8 * 64)()
        start = ctypes.addressof(self.memory)
        self.__array_interface__ = {"version": 3, "typestr": "<f8", "data": (start, False), **entries}


class Answers:
    """Has methods that return what they are told to."""

    def __init__(self, **answers: Any) -> None:
        for name, answer in answers.items():
            setattr(self, name, lambda *_, answer=answer, **__: answer)


class Explains:
    """Refuses with a long explanation."""

    def __array__(self) -> None:
        error = ValueError("the rows differ in length:\nthere are 1, 2 and 3\n\nThis was while exporting:\n\n    )")
        if hasattr(error, "add_note"):
            error.add_note("a note")
        raise error


class TwoFaced(bytearray):
    """Bytes that another protocol shows with another shape."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        address = ctypes.addressof(ctypes.c_char.from_buffer(self))
        return {"version": 3, "typestr": "|u1", "data": (address, True), "shape": (2, len(self) // 2)}


class Keeper:
    """Keeps a view of its bytes for each export, and some memory."""

    def __init__(self, data: bytearray) -> None:
        self.data = data

    @property
    def __array_interface__(self) -> dict[str, Any]:
        HELD.append((memoryview(self.data), bytes(200)))
        return {"version": 3, "typestr": "|u1", "data": self.data, "shape": (len(self.data),)}


class Spills:
    """Leaves memory of C behind with each export."""

    def __init__(self) -> None:
        self.data = bytearray(8)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        MALLOC(64)
        return {"version": 3, "typestr": "|u1", "data": self.data, "shape": (8,)}


class PanicException(BaseException):
    """What PyO3 raises for a panic in Rust."""


class Panics:
    """Panics when it is exported."""

    def __dlpack_device__(self) -> tuple[int, int]:
        raise PanicException("index out of bounds")

    def __dlpack__(self) -> None:
        """Export nothing."""


class Hangs:
    """Never answers."""

    def __dlpack_device__(self) -> tuple[int, int]:
        time.sleep(60)
        return 1, 0

    def __dlpack__(self) -> None:
        """Export nothing."""


class Aborts:
    """Ends the process."""

    @property
    def __array_interface__(self) -> None:
        os._exit(3)
