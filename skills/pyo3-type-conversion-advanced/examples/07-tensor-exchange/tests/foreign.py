"""Libraries that use DLPack in other ways than NumPy does."""

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSIONED, LEGACY = b"dltensor_versioned", b"dltensor"
READ_ONLY, IS_COPIED = 1, 2


class Legacy:
    """An array of a library from before there were versions."""

    def __init__(self, array: NDArray[Any]) -> None:
        """Wrap an array of NumPy."""
        self.array = array

    def __dlpack__(self) -> Any:
        """Take no arguments, as all did."""
        return self.array.__dlpack__()

    def __dlpack_device__(self) -> tuple[int, int]:
        """Be in main memory."""
        return (1, 0)


class Fields(ctypes.Structure):
    """The fields of the C structs, with all types in one."""


class Tensor(Fields):
    """`DLTensor`."""

    _fields_ = [
        ("data", ctypes.c_void_p), ("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32), ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]  # fmt: skip


DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class Managed(Fields):
    """`DLManagedTensorVersioned`."""

    _fields_ = [
        ("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("context", ctypes.c_void_p), ("deleter", DELETER),
        ("flags", ctypes.c_uint64), ("tensor", Tensor),
    ]  # fmt: skip


def _api(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(ctypes.pythonapi, name)
    function.restype, function.argtypes = result, arguments
    return function


new_capsule = _api("PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
name_of = _api("PyCapsule_GetName", ctypes.c_char_p, ctypes.py_object)
pointer_of = _api("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)


class Foreign:
    """Bytes of a library that fills the structs itself, and counts how often they are given back."""

    def __init__(self, shape: tuple[int, ...], strides: tuple[int, ...] | None = None, **fields: Any) -> None:
        """Prepare one tensor of uint8."""
        self.memory = np.arange(256, dtype="u1")
        self.deleted = 0

        def delete(_: int) -> None:
            self.deleted += 1

        self.sizes = [(ctypes.c_int64 * len(part))(*part) for part in (shape, strides or ())]
        self.managed = Managed(major=1, minor=9, deleter=DELETER(delete))
        tensor = Tensor(data=self.memory.ctypes.data, device_type=1, ndim=len(shape), code=1, bits=8, lanes=1)
        tensor.shape = ctypes.cast(self.sizes[0], ctypes.POINTER(ctypes.c_int64))
        if strides:
            tensor.strides = ctypes.cast(self.sizes[1], ctypes.POINTER(ctypes.c_int64))
        for name, value in fields.items():
            setattr(self.managed if hasattr(self.managed, name) else tensor, name, value)
        self.managed.tensor = tensor
        self.capsule = new_capsule(ctypes.addressof(self.managed), VERSIONED, None)

    def __dlpack__(self, *, max_version: tuple[int, int] | None = None) -> Any:
        """Return the capsule, always the same."""
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        """Be in main memory."""
        return (1, 0)


def read(capsule: Any) -> tuple[int, int, int, int]:
    """Return the version, the flags and the address of what is in a capsule that nobody has taken from."""
    managed = Managed.from_address(pointer_of(capsule, VERSIONED))
    return managed.major, managed.minor, managed.flags, managed.tensor.data
