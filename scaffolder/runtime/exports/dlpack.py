"""DLPack: what a capsule holds, and who frees it."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_int32, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p

from scaffolder.runtime.exports.protocols import PYTHON, ReadError, capsule_pointer, dimensions, layout, pair_of, take

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Facts = dict[str, Any]


class Tensor(ctypes.Structure):
    """A `DLTensor`."""

    _fields_ = (
        ("data", c_void_p), ("device_type", c_int32), ("device_id", c_int32), ("ndim", c_int32), ("code", c_uint8),
        ("bits", c_uint8), ("lanes", c_uint16), ("shape", POINTER(c_int64)), ("strides", POINTER(c_int64)),
        ("byte_offset", c_uint64),
    )  # fmt: skip


class Managed(ctypes.Structure):
    """A `DLManagedTensor`."""

    _fields_ = (("tensor", Tensor), ("context", c_void_p), ("deleter", c_void_p))


class Versioned(ctypes.Structure):
    """A `DLManagedTensorVersioned`."""

    _fields_ = (
        ("major", c_uint32), ("minor", c_uint32), ("context", c_void_p), ("deleter", c_void_p), ("flags", c_uint64),
        ("tensor", Tensor),
    )  # fmt: skip


KINDS: dict[bytes, type[Any]] = {b"dltensor": Managed, b"dltensor_versioned": Versioned}
# A capsule keeps the pointer to its name.
USED = {name: b"used_" + name for name in KINDS}
DEVICES = {
    1: "CPU", 2: "CUDA", 3: "CUDA host", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 9: "VPI", 10: "ROCm", 11: "ROCm host",
    12: "extension", 13: "CUDA managed", 14: "oneAPI", 15: "WebGPU", 16: "Hexagon", 17: "MAIA",
}  # fmt: skip
# Whose memory this process can read: CPU and the pinned memory of hosts.
READABLE = {1, 3, 11}
CODES = {0: "int", 1: "uint", 2: "float", 3: "handle", 4: "bfloat", 5: "complex", 6: "bool"}
# Called with a pointer, in C or by a destructor.
CALL = ctypes.PYFUNCTYPE(None, c_void_p)
# Functions in C may be called as long as the process lives.
PATCHES: list[Any] = []


class Watch:
    """Counts how often the deleter of a structure is called."""

    def __init__(self, structure: Any, member: str) -> None:
        self.count = 0
        self.original = getattr(structure, member)
        call = CALL(self._count)
        PATCHES.append(call)
        setattr(structure, member, ctypes.cast(call, c_void_p).value)

    def _count(self, pointer: int) -> None:
        self.count += 1
        # A second call would free what is free.
        if self.count == 1:
            CALL(self.original)(pointer)


def capsule_of(value: Any) -> Any:
    """Return a capsule, with a version if the producer knows of versions."""
    try:
        return value.__dlpack__(max_version=(1, 1))
    except TypeError:
        return value.__dlpack__()


class TensorExport:
    """A capsule that nobody has consumed."""

    def __init__(self, value: Any) -> None:
        self.capsule = capsule_of(value)
        self.name, pointer = capsule_pointer(self.capsule, KINDS)
        self.managed = KINDS[self.name].from_address(pointer)

    def close(self) -> Facts:
        """Drop the capsule, and return how often that called the deleter."""
        if not self.managed.deleter:
            return {"deleter": False}
        watch = Watch(self.managed, "deleter")
        self.capsule = None
        return {"deleter": True, "freed": watch.count}

    def consume(self) -> Facts:
        """Take the tensor as a consumer does, and free it; return how often dropping the capsule freed it, too."""
        if not self.managed.deleter:
            return {}
        watch = Watch(self.managed, "deleter")
        pointer = ctypes.addressof(self.managed)
        PYTHON.PyCapsule_SetName(self.capsule, USED[self.name])
        self.capsule = None
        dropped = watch.count
        if not dropped:
            CALL(watch.original)(pointer)
        return {"freed_consumed": dropped}


def export_tensor(value: Any) -> tuple[Facts, Any] | None:
    """Ask for the device, and for a capsule if memory there can be read."""
    if isinstance(value, type) or getattr(value, "__dlpack__", None) is None:
        return None
    if getattr(value, "__dlpack_device__", None) is None:
        raise ReadError("it has `__dlpack__`, but no `__dlpack_device__`")
    device_type, device_id = pair_of(value.__dlpack_device__(), "__dlpack_device__")
    device = f"{DEVICES.get(device_type, 'unknown')} ({int(device_type)}), {device_id}"
    if device_type not in READABLE:
        return {"device": device, "layouts": []}, None
    export = TensorExport(value)
    tensor = export.managed.tensor
    count = dimensions(tensor.ndim)
    if count and not tensor.shape:
        raise ReadError(f"{count} dimensions and no shape")
    shape, strides = take(tensor.shape, count) or [], take(tensor.strides, count)
    itemsize = (tensor.bits * tensor.lanes + 7) // 8
    # Numbers of less than a byte have no stride in bytes.
    is_whole = tensor.bits * tensor.lanes % 8 == 0
    steps = [step * itemsize for step in strides] if strides is not None else None
    kind = f"{CODES.get(tensor.code, f'code {tensor.code} ')}{tensor.bits}"
    kind += f"x{tensor.lanes}" if tensor.lanes != 1 else ""
    align = max(1, min(16, tensor.bits // (16 if tensor.code == 5 else 8)))
    place = layout((tensor.data or 0) + tensor.byte_offset, itemsize, shape, steps, kind, align)
    is_versioned = export.name == b"dltensor_versioned"
    facts = {
        "device": device, "byte_offset": tensor.byte_offset, "capsule": export.name.decode(),
        "version": f"{export.managed.major}.{export.managed.minor}" if is_versioned else None,
        "readonly": bool(export.managed.flags & 1) if is_versioned else None,
        "copied": bool(export.managed.flags & 2) if is_versioned else None,
        "device_agrees": tensor.device_type == device_type, "strides_given": strides is not None,
        "layouts": [place] if is_whole else [],
    }  # fmt: skip
    return facts, export


def consume_tensor(value: Any) -> Facts:
    """Export once more, and consume the capsule."""
    return TensorExport(value).consume()
