"""What the child process does: it makes inputs of a size, measures calls of expressions, and weighs their memory."""

from __future__ import annotations

import ast
import ctypes
import dataclasses
import gc
import importlib
import importlib.machinery
import itertools
import mmap
import os
import sys
import time
import tracemalloc
import warnings
from pathlib import Path

_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.machine.child import peak_memory  # noqa: E402
from scaffolder.runtime.child.calls import describe, import_function  # noqa: E402
from scaffolder.runtime.exports.session import EXPORTS, resident  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Answer = dict[str, Any]

# Rust's checks of `unsafe` code, which are in libraries with debug assertions only.
DEBUG_MARK = b"unsafe precondition(s) violated"
MOST_ROUNDS, LEAST_ROUNDS, SHORTEST = 100, 3, 0.0005
# Seconds of which the processor time can be told.
VISIBLE = 0.01
# How many items of a container are looked at, and up to which size an input is compared with what it was.
SAMPLE, SMALL = 1000, 1000
SIZES: dict[type, int] = {type(None): 1, bool: 1, float: 8, complex: 16}
CLOCK = time.perf_counter
OBJECT_EQUALITY: Any = object.__eq__
LOOP = """
def loop(_rounds, _clock, {names}):
    _start = _clock()
    for _ in _rounds:
        {expression}
    return _clock() - _start

def call({names}):
    return {expression}
"""


class Session:
    """Expressions, and inputs of one size."""

    def load(
        self, folder: str, module: str, function: str, expressions: list[str], makes: dict[str, str],
        libraries: dict[str, str], **_: Any,
    ) -> Answer:  # fmt: skip
        """Import the function and what expressions name; what is wrong with that is in the answer."""
        sys.path.insert(0, folder)
        warnings.simplefilter("ignore")
        self.names: Answer = {"__builtins__": __builtins__}
        if module:
            value, problem = import_function(module, function)
            if problem:
                return problem
            top = module.partition(".")[0]
            self.names |= {top: sys.modules.get(top), **vars(sys.modules[module]), "f": value}
        for alias, library in libraries.items():
            try:
                self.names[alias] = importlib.import_module(library)
            except ImportError as error:
                return {"problem": "no-library", "library": library, "text": describe(error)}
        self.makes = {name: compile(ast.unparse(ast.parse(text, mode="eval")), "<make>", "eval")
                      for name, text in makes.items()}  # fmt: skip
        words = {node.id for node in ast.walk(ast.parse(expressions[0], mode="eval")) if isinstance(node, ast.Name)}
        # The others only serve to make these.
        self.inputs = [name for name in makes if name in words]
        self.calls = [self.compile(text, makes) for text in expressions]
        self.busy = processors_busy()
        self.started = CLOCK()
        return {"python": sys.version.split()[0], "debug": debug_builds(module)}

    def compile(self, expression: str, names: Iterable[str]) -> tuple[Any, Any]:
        """Return what repeats an expression and returns the seconds, and what evaluates it once."""
        text = ast.unparse(ast.parse(expression, mode="eval"))
        scope: Answer = {}
        exec(compile(LOOP.format(names=", ".join(names), expression=text), "<call>", "exec"), self.names, scope)  # noqa: S102
        return scope["loop"], scope["call"]

    def make(self, n: int) -> Answer:
        """Make inputs of a size."""
        made: Answer = {}
        for name, code in self.makes.items():
            try:
                made[name] = eval(code, {**self.names, **made, "n": n})  # noqa: S307
            except BaseException as error:
                raise UnmadeError(name, describe(error)) from error
        return made

    def examine(self, n: int) -> Answer:
        """Make inputs, call each expression once, and return what the inputs are and what was wrong."""
        try:
            made = self.make(n)
        except UnmadeError as error:
            return {"unmade": error.args[0], "text": error.args[1]}
        calls: list[dict[str, Any]] = []
        results = []
        for _, call in self.calls:
            before = {name: trace_of(value) for name, value in made.items()} if n <= SMALL else {}
            sizes = {name: sys.getsizeof(value) for name, value in made.items() if isinstance(value, str)}
            try:
                results.append(call(**made))
            except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
                calls.append({"error": describe(error)})
                results.append(NotImplemented)
                continue
            changed = [name for name, trace in before.items() if trace_of(made[name]) != trace]
            grown = [name for name, size in sizes.items() if sys.getsizeof(made[name]) > size]
            calls.append({"changed": changed, "grown": grown})
            if changed:
                made = self.make(n)
        return {
            "calls": calls,
            "agree": [None if result is NotImplemented else agree(results[0], result) for result in results],
            "types": {name: type_of(made[name]) for name in self.inputs},
            "once": [name for name in self.inputs if hasattr(made[name], "__next__")],
            "payload": payload([made[name] for name in self.inputs]),
        }

    def measure(self, n: int, indexes: list[int], seconds: float) -> Answer:
        """Measure expressions in turns, and return the seconds of a call in each round."""
        made = self.make(n)
        loops = {index: self.calls[index][0] for index in indexes}
        numbers = {index: number_of_calls(loop, made, seconds) for index, loop in loops.items()}
        times: dict[int, list[float]] = {index: [] for index in indexes}
        spent, used = dict.fromkeys(indexes, 0.0), dict.fromkeys(indexes, 0.0)
        was_collecting = gc.isenabled()
        gc.disable()
        try:
            while len(times[indexes[0]]) < MOST_ROUNDS:
                for index, loop in loops.items():
                    cpu = time.process_time()
                    took = loop(itertools.repeat(None, numbers[index]), CLOCK, **made)
                    used[index] += time.process_time() - cpu
                    spent[index] += took
                    times[index].append(took / numbers[index])
                if len(times[indexes[0]]) >= LEAST_ROUNDS and sum(spent.values()) > seconds * len(indexes):
                    break
        finally:
            if was_collecting:
                gc.enable()
        threads = {index: used[index] / spent[index] if spent[index] > VISIBLE else None for index in indexes}
        return {"runs": [{"times": times[index], "number": numbers[index], "threads": threads[index]}
                         for index in indexes]}  # fmt: skip

    def others(self) -> Answer:
        """Return how many processors other processes have kept busy since the start, where the system says."""
        if self.busy is None or (now := processors_busy()) is None:
            return {"others": None}
        return {"others": max(0.0, (now - self.busy) / max(CLOCK() - self.started, 0.1))}

    def weigh(self, index: int, n: int, small: int) -> Answer:
        """Call an expression once in a process that has not used as much memory yet, and return what it took."""
        call = self.calls[index][1]
        # What is imported or kept at the first call is no part of it.
        call(**self.make(small))
        made = self.make(n)
        counts = {name: sys.getrefcount(value) for name, value in made.items()}
        gc.collect()
        trim()
        is_reset = reset_peak()
        before = resident()
        result = call(**made)
        peak = peak_memory() if is_reset else None
        trim()
        kept = difference(resident(), before)
        if size_of(result) is None:
            # What the call has freed, and the library keeps for later, is used again.
            kept = kept_again(lambda: call(**made), kept)
        referred = referred_again(made, counts)
        answer = {
            "growth": difference(peak, before), "kept": kept, "size": weight_of(result), "type": type_of(result),
            "is_piece": size_of(result) is not None, "payload": payload([made[name] for name in self.inputs]),
            "identical": [name for name, value in made.items() if value is result], "referred": referred,
            "exports": {"result": exports_of(result), **{name: exports_of(value) for name, value in made.items()}},
        }  # fmt: skip
        del result
        gc.collect()
        answer["held"] = referred_again(made, counts)
        return {**answer, "traced": traced_peak(lambda: call(**made))}


class UnmadeError(Exception):
    """An input that can't be made."""


def referred_again(made: Answer, counts: dict[str, int]) -> list[str]:
    """Return the inputs that something more refers to than before."""
    return [name for name, value in made.items() if sys.getrefcount(value) > counts[name]]


def number_of_calls(loop: Callable[..., float], made: Answer, seconds: float) -> int:
    """Return how many calls make a round."""
    number, shortest = 1, max(SHORTEST, seconds / MOST_ROUNDS)
    loop(itertools.repeat(None, 1), CLOCK, **made)  # the first call is slower
    while (took := loop(itertools.repeat(None, number), CLOCK, **made)) < shortest:
        number = max(number + 1, int(number * min(10, 1.1 * shortest / max(took, 1e-9))))
    return number


def debug_builds(module: str) -> list[str]:
    """Return the extensions of a package that are debug builds: they say so, or have what only those have."""
    top = module.partition(".")[0]
    modules = [value for name, value in list(sys.modules.items()) if top and f"{name}.".startswith(f"{top}.")]
    return sorted({getattr(value, "__name__", top) for value in modules if is_debug_build(value)})


def is_debug_build(module: Any) -> bool:
    """Return whether a module is an extension that Rust compiled with debug assertions."""
    if isinstance(profile := getattr(module, "BUILD_PROFILE", None), str):
        return profile == "debug"
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
        return False
    try:
        with open(file, "rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:  # noqa: PTH123
            return content.find(DEBUG_MARK) >= 0
    except (OSError, ValueError):
        return False


def processors_busy() -> float | None:
    """Return the seconds of all processors that other processes have used, where the system says."""
    try:
        with open("/proc/stat", encoding="ascii") as file:  # noqa: PTH123
            user, nice, system, _, _, *rest = map(int, file.readline().split()[1:9])
        return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK") - time.process_time()
    except (OSError, ValueError):
        return None


def trim() -> None:
    """Give free memory back to the system, where that is possible: else a call would use it again, unseen."""
    function = getattr(ctypes.CDLL(None) if os.name == "posix" else None, "malloc_trim", None)
    if function is not None:
        function(0)


def reset_peak() -> bool:
    """Let the peak of resident memory begin again, and return whether the system can."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:  # noqa: PTH123
            file.write("5")
    except OSError:
        return False
    return True


def difference(after: int | None, before: int | None) -> int | None:
    """Return by how much memory grew, where it is known."""
    return after - before if after is not None and before is not None else None


def kept_again(call: Callable[[], object], kept: int | None) -> int | None:
    """Return the bytes that a call keeps, which is made once more while its first result lives."""
    before = resident()
    result = call()
    trim()
    again = difference(resident(), before)
    del result
    return min(kept, again) if kept is not None and again is not None else kept


def traced_peak(call: Callable[[], object]) -> int | None:
    """Return the peak of the memory that Python and NumPy allocate in a call, which is less than all."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    except BaseException:  # noqa: BLE001  (an input that can be used once)
        return None
    finally:
        tracemalloc.stop()


def type_of(value: object) -> str:
    """Return the name of a type, with that of an array's elements."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    dtype = getattr(value, "dtype", None)
    return f"{name} of {dtype}" if dtype is not None else name


def payload(value: Any) -> int | None:
    """Return the bytes that values need in C, without what Python adds; nothing if that is not known."""
    if type(value) in SIZES:
        return SIZES[type(value)]
    if isinstance(value, int):
        return max(8, (value.bit_length() + 7) // 8)
    if isinstance(value, str | bytes | bytearray):
        return len(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
    if isinstance(value, dict | list | tuple | set | frozenset):
        return total(value.items() if isinstance(value, dict) else value, len(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return payload([getattr(value, field.name) for field in dataclasses.fields(value)])
    return size_of(value)


def total(values: Iterable[Any], count: int) -> int | None:
    """Return the bytes of many values by those of some; of a few, those that are known."""
    sizes = [payload(value) for value in itertools.islice(values, SAMPLE)]
    known = [size for size in sizes if size is not None]
    return sum(known) * count // len(sizes) if known else None if sizes else 0


def size_of(value: Any) -> int | None:
    """Return the bytes of an object that is one piece of memory or knows its size; else nothing."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | bytearray):
        return sys.getsizeof(value)
    for name in ("nbytes", "estimated_size"):
        size = getattr(value, name, None)
        try:
            size = size() if callable(size) else size
        except Exception:  # noqa: BLE001, S112
            continue
        if isinstance(size, int):
            return size
    try:
        return memoryview(value).nbytes
    except (TypeError, BufferError):
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


def exports_of(value: object) -> dict[str, Any]:
    """Return where the memory of an object is, by each protocol that it has."""
    exports = {}
    for protocol, export in EXPORTS.items():
        if protocol in {"__array__", "Arrow schema"}:  # may make a copy; has no data
            continue
        try:
            result = export(value)
        except BaseException:  # noqa: BLE001, S112  (a Rust panic is none of `Exception`)
            continue
        if result is not None:
            facts, opened = result
            exports[protocol] = facts.get("layouts", [])
            if opened is not None:
                opened.close()
    return exports


def trace_of(value: Any) -> Any:
    """Return what tells whether a small input was changed."""
    try:
        return bytes(memoryview(value)) if not isinstance(value, bytes) else value
    except (TypeError, BufferError, ValueError):
        return repr(value)


def agree(left: Any, right: Any) -> bool | None:
    """Return whether two results are equal, floats about so; nothing if that can't be told."""
    if isinstance(left, float | int) and isinstance(right, float | int):
        return bool(left == right or left != left or abs(left - right) <= 1e-6 * max(abs(left), abs(right)))  # noqa: PLR0124
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
    # Without an `==` of its own a type says no more than whether it is the same object.
    is_known = len(kinds) == 1 and type(left).__eq__ is not OBJECT_EQUALITY
    is_known |= all(kind.__module__ == "builtins" for kind in kinds)
    return equal if isinstance(equal, bool) and (equal or is_known) else None


def agree_as_arrays(np: Any, left: Any, right: Any) -> bool | None:
    """Return whether two arrays are equal."""
    a, b = np.asarray(left), np.asarray(right)
    kinds = a.dtype.kind + b.dtype.kind
    if "O" in kinds or "V" in kinds:
        return None
    equal = np.allclose(a, b, rtol=1e-4, equal_nan=True) if set(kinds) & {"f", "c"} else a == b
    return bool(a.shape == b.shape and np.all(equal))
