"""What the child process does: it makes inputs of a size, measures calls of expressions, and weighs their memory."""

from __future__ import annotations

import ast
import ctypes
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
from contextlib import contextmanager
from pathlib import Path

_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.machine.child import peak_memory  # noqa: E402
from scaffolder.runtime.child.calls import describe, import_function, resident  # noqa: E402
from scaffolder.runtime.child.values import agree, payload, size_of, trace_of, type_of, weight_of  # noqa: E402
from scaffolder.runtime.exports.session import EXPORTS  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    Number = TypeVar("Number", int, float)
    Answer = dict[str, Any]

# Rust's checks of `unsafe` code, which are in libraries with debug assertions only.
DEBUG_MARK = b"unsafe precondition(s) violated"
# Seconds of a round: so short that on a busy machine many are over before another process gets their processor.
SHORTEST, LEAST_ROUNDS, TURNS = 0.0003, 3, 4
# Seconds of which the processor time can be told.
VISIBLE = 0.01
# Up to which size an input is compared with what it was.
SMALL = 1000
CLOCK = time.perf_counter
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
        has_gil: Any = getattr(sys, "_is_gil_enabled", lambda: True)
        return {"python": sys.version.split()[0], "has_gil": has_gil(), "debug": debug_builds(module)}

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
                calls.append(failure_of(error))
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
        series = [Series(self.calls[index][0], made, seconds) for index in indexes]
        with without_collecting():
            while not all(part.is_done for part in series):
                for part in series:
                    part.run_turn()
        return {"runs": [part.answer() for part in series]}

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
            "growth": difference(peak, before), "kept": kept, "size": weight_of(result),
            "is_piece": size_of(result) is not None, "payload": payload([made[name] for name in self.inputs]),
            "identical": [name for name, value in made.items() if value is result], "referred": referred,
            "exports": {"result": exports_of(result), **{name: exports_of(value) for name, value in made.items()}},
        }  # fmt: skip
        del result
        gc.collect()
        answer["held"] = referred_again(made, counts)
        return {**answer, "traced": traced_peak(lambda: call(**made))}


class Series:
    """The rounds of an expression, which are measured turn by turn."""

    def __init__(self, loop: Callable[..., float], made: Answer, seconds: float) -> None:
        self.loop, self.made, self.seconds = loop, made, seconds
        self.times: list[float] = []
        self.spent = self.used = 0.0
        self.number = 1
        self.run(1)  # the first call is slower
        while (took := self.run(self.number)) < SHORTEST:
            self.number = max(self.number + 1, int(self.number * min(10, 1.1 * SHORTEST / max(took, 1e-9))))
        self.is_slow = took > seconds
        self.rounds = max(1, int(seconds / TURNS / took))

    def run(self, number: int) -> float:
        """Return the seconds of some calls."""
        return self.loop(itertools.repeat(None, number), CLOCK, **self.made)

    @property
    def is_done(self) -> bool:
        """Whether it was measured for long enough."""
        return len(self.times) >= (1 if self.is_slow else LEAST_ROUNDS) and self.spent > self.seconds * (1 - 1 / TURNS)

    def run_turn(self) -> None:
        """Measure some rounds."""
        if not self.is_slow:
            # What the calls of others have left in caches, and freed, is not its own cost.
            self.run(1)
        cpu = time.process_time()
        for _ in range(self.rounds):
            took = self.run(self.number)
            self.spent += took
            self.times.append(took / self.number)
        self.used += time.process_time() - cpu

    def answer(self) -> Answer:
        """Return what was measured."""
        threads = self.used / self.spent if self.spent > VISIBLE else None
        return {"times": self.times, "number": self.number, "threads": threads}


class UnmadeError(Exception):
    """An input that can't be made."""


def failure_of(error: BaseException) -> Answer:
    """Return what a call raised, and the name that it did not find."""
    unknown = error.name if isinstance(error, NameError) else None
    return {"error": describe(error), "is_panic": not isinstance(error, Exception), "unknown": unknown}


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let no garbage be collected meanwhile."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


def referred_again(made: Answer, counts: dict[str, int]) -> list[str]:
    """Return the inputs that something more refers to than before."""
    return [name for name, value in made.items() if sys.getrefcount(value) > counts[name]]


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


def difference(after: Number | None, before: Number | None) -> Number | None:
    """Return by how much something grew, where it is known."""
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
