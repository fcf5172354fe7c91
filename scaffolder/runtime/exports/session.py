"""What the child process does: it makes objects, exports their memory, and lets go of it again."""

from __future__ import annotations

import array
import ctypes
import gc
import importlib
import os
import sys
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Facts = dict[str, Any]

sys.dont_write_bytecode = True
if sys.implementation.name != "cpython":
    sys.exit("only CPython lets `ctypes` read the memory of objects")
_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.runtime.child.calls import resident  # noqa: E402
from scaffolder.runtime.exports import arrow, buffers, dlpack  # noqa: E402
from scaffolder.runtime.exports.protocols import ReadError, describe  # noqa: E402

sys.path[:] = _own
EXPORTS: dict[str, Callable[[Any], tuple[Facts, Any] | None]] = {
    "buffer": buffers.export_buffer,
    "array interface": buffers.export_interface,
    "array struct": buffers.export_struct,
    "__array__": buffers.export_array,
    "DLPack": dlpack.export_tensor,
    "Arrow schema": arrow.export_schema,
    "Arrow array": arrow.export_array,
    "Arrow stream": arrow.export_stream,
}
CONSUME: dict[str, Callable[[Any], Facts]] = {
    "DLPack": dlpack.consume_tensor,
    "Arrow schema": lambda value: arrow.schema_structures(value).consume(),
    "Arrow array": lambda value: arrow.array_structures(value).consume(),
    "Arrow stream": lambda value: arrow.stream_structures(value).consume(),
}
# Export and let go, without anything of ours that grows.
REPEAT: dict[str, Callable[[Any], object]] = {
    "buffer": lambda value: memoryview(value).release(),
    "array interface": lambda value: value.__array_interface__,
    "array struct": lambda value: value.__array_struct__,
    "__array__": lambda value: value.__array__(),
    "DLPack": dlpack.capsule_of,
    "Arrow schema": lambda value: value.__arrow_c_schema__(),
    "Arrow array": lambda value: value.__arrow_c_array__(),
    "Arrow stream": lambda value: value.__arrow_c_stream__(),
}
BATCHES = 5
# Not called by us; before 3.12 Python does not call `__buffer__` either.
NAMED = ("__arrow_c_device_array__", "__arrow_c_device_stream__", "__buffer__")


NUMBERS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class MallInfo(ctypes.Structure):
    """What `mallinfo2` of glibc returns."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in NUMBERS)


def allocated() -> Callable[[], int] | None:
    """Return a function that counts the bytes that C and Rust have allocated, where the system has one."""
    function = getattr(ctypes.CDLL(None) if os.name == "posix" else None, "mallinfo2", None)
    if function is None:
        return None
    function.restype = MallInfo

    def count() -> int:
        facts = function()
        return int(facts.uordblks + facts.hblkhd)

    return count


class Session:
    """A module, objects, and exports of them that are open."""

    def __init__(self) -> None:
        self.names: Facts = {}
        self.objects: Facts = {}
        self.exports: dict[tuple[str, str], Any] = {}

    def begin(self) -> Facts:
        """Return the version of this Python, in which all can be done."""
        return {"version": sys.version.partition(" ")[0]}

    def load(self, module: str) -> Facts:
        """Import a module, as `import` does that is typed in the current folder."""
        sys.path.insert(0, "")
        try:
            loaded = importlib.import_module(module)
        except ModuleNotFoundError as error:
            # A package that is not there stands for what is in it.
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise
            return {"missing": describe(error)}
        top = module.partition(".")[0]
        self.names = {top: sys.modules.get(top), **vars(loaded), "__builtins__": __builtins__}
        return {}

    def make(self, name: str, expression: str) -> Facts:
        """Make an object; later expressions can use it."""
        try:
            value = eval(compile(expression, "--make", "eval"), self.names)  # noqa: S307
        except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
            return {"unmade": describe(error)}
        self.names[name] = self.objects[name] = value
        kind = type(value)
        module = getattr(kind, "__module__", "builtins")  # an array type of `ctypes` has none
        text = kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"
        named = [] if isinstance(value, type) else [method for method in NAMED if hasattr(value, method)]
        if "__buffer__" in named and buffers.is_buffer(value):
            named.remove("__buffer__")
        return {"type": text, "named": named}

    def export(self, name: str, protocol: str) -> Facts:
        """Export an object's memory, and keep the export open: what is free may be used again."""
        try:
            result = EXPORTS[protocol](self.objects[name])
        except ReadError as error:
            return {"state": "wrong", "text": str(error)}
        except BaseException as error:  # noqa: BLE001
            is_panic = type(error).__name__ == "PanicException"
            return {"state": "panics" if is_panic else "refuses", "text": describe(error)}
        if result is None:
            return {"state": "absent"}
        facts, export = result
        if export is not None:
            self.exports[name, protocol] = export
        return {"state": "exports", **facts}

    def release(self, name: str, protocol: str) -> Facts:
        """Let go of an export without having consumed it."""
        return self.exports.pop((name, protocol)).close()  # type: ignore[no-any-return]

    def consume(self, name: str, protocol: str) -> Facts:
        """Export once more, and take what is exported as a consumer does."""
        try:
            return CONSUME[protocol](self.objects[name])
        except Exception as error:  # noqa: BLE001  (what can be read once is exported once)
            return {"once": describe(error)}

    def repeat(self, name: str, protocol: str, rounds: int, seconds: float) -> Facts:
        """Export and let go many times, and return what has grown by how much."""
        value, function = self.objects[name], REPEAT[protocol]
        native = allocated()
        was_traced = tracemalloc.is_tracing()
        tracemalloc.start()
        try:
            sizes, done = [], []
            # What fills a cache grows in the first; what leaks grows in all.
            for _ in range(BATCHES + 1):
                done.append(run_often(function, value, rounds // BATCHES, seconds / BATCHES))
                gc.collect()
                sizes.append(measure(value, native))
        except Exception as error:  # noqa: BLE001
            return {"once": describe(error)}
        finally:
            if not was_traced:
                tracemalloc.stop()
        steps = [{key: after[key] - before[key] for key in after} for before, after in pairwise(sizes)]
        return {"rounds": sum(done[1:]), "batches": done[1:], "steps": steps}

    def holds(self, name: str) -> Facts:
        """Return whether something holds the memory of an object: none if that can't be seen without changing it."""
        value = self.objects[name]
        held: bool | None = None
        if type(value) in {bytearray, array.array} and len(value):
            # More than there can be: refused for want of memory, or before that since it is held.
            try:
                value *= sys.maxsize // (len(value) * getattr(value, "itemsize", 1))
            except BufferError:
                held = True
            except MemoryError:
                held = False
        return {"held": held, "views": views_of(value)}

    def close(self, name: str) -> Facts:
        """Close a memory map or release a view, which is refused as long as something holds it."""
        value = self.objects[name]
        function = getattr(value, {"mmap": "close", "memoryview": "release"}.get(type(value).__name__, ""), None)
        if function is None:
            return {"held": None}
        try:
            function()
        except BufferError:
            return {"held": True}
        return {"held": False}


def run_often(function: Callable[[Any], object], value: Any, rounds: int, seconds: float) -> int:
    """Call a function often, but not for long, and return how often."""
    end, count = time.monotonic() + seconds, 0
    while count < rounds and time.monotonic() < end:
        function(value)
        count += 1
    return count


def measure(value: object, native: Callable[[], int] | None) -> dict[str, int]:
    """Return the sizes that a leak lets grow."""
    sizes = {"references": sys.getrefcount(value), "traced": tracemalloc.get_traced_memory()[0]}
    if (size := resident()) is not None:
        sizes["resident"] = size
    if native is not None:
        sizes["native"] = native()
    return sizes


def views_of(value: object) -> int:
    """Return how many views of an object there are that the garbage collector sees."""
    count = 0
    for candidate in gc.get_objects():
        if type(candidate) is memoryview and candidate is not value:
            try:
                count += candidate.obj is value
            except ValueError:  # it is released
                continue
    return count
