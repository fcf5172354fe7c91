"""What a child process does with a function; it runs in the function's Python, 3.10 or newer, and needs NumPy."""

from __future__ import annotations

import functools
import gc
import importlib
import itertools
import os
import sys
import threading
import time
import warnings
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Answer = dict[str, Any]
    Problem = dict[str, Any]

# What says that an argument is refused, and what should have been caught within.
REFUSALS = (TypeError, ValueError)
INSIDE = (SystemError, BufferError, AttributeError, NameError, AssertionError, RecursionError, MemoryError)
TEXTS = (str, bytes, bytearray)
THREADS, CALLS, SECONDS = 4, 8, 0.2
ROUNDS, REPEATS = 5, 40
GROWTH = 200_000


class Session:
    """A function, the call to try, and what its result is compared with."""

    def load(  # noqa: PLR0913
        self, folder: str, module: str, function: str, call: str, reference: str | None, arrays: list[str],
        *, in_place: bool,
    ) -> Answer:  # fmt: skip
        """Import the function; what is wrong with that is in the answer."""
        sys.path.insert(0, folder)
        warnings.simplefilter("ignore")
        try:
            self.np = importlib.import_module("numpy")
        except ImportError as error:
            return {"problem": "no-numpy", "text": str(error)}
        self.np.seterr(all="ignore")
        self.function, problem = import_function(module, function)
        if problem:
            return problem
        self.arrays, self.in_place, self.has_reference = arrays, in_place, reference is not None
        self.call, self.reference = self.compile(call), self.compile(reference or call)
        threaded = getattr(sys, "_is_gil_enabled", lambda: True)()
        return {"numpy": self.np.__version__, "python": sys.version.split()[0], "free_threaded": not threaded}

    def compile(self, expression: str) -> Callable[[dict[str, Any]], Any]:
        """Return what evaluates an expression with arrays."""
        code = compile(expression, "<call>", "eval")
        names = {"f": self.function, "np": self.np}
        return lambda arrays: eval(code, {**names, **{name: arrays[name] for name in self.arrays}})  # noqa: S307

    def make(self, setup: str) -> dict[str, Any]:
        """Make the arrays."""
        names: dict[str, Any] = {"np": self.np, "tempfile": importlib.import_module("tempfile")}
        exec(setup, names)  # noqa: S102
        return names

    def copies(self, names: dict[str, Any]) -> dict[str, Any]:
        """Return contiguous arrays of the machine's byte order with the same values."""
        return {name: None if names[name] is None else native(self.np, names[name]) for name in self.arrays}

    def run(self, setup: str, layout: str, second: str | None = None) -> Answer:
        """Try a call, and return what is wrong with it."""
        names = self.make(setup)
        copies, saved = self.copies(names), self.copies(names)
        roots = {key: key_of(names[key]) for key in names if key.endswith("_root")}
        counts = {name: sys.getrefcount(names[name]) for name in self.arrays}
        error = result = None
        try:
            result = self.call(names)
        except BaseException as reason:  # noqa: BLE001
            error, text = reason, describe(reason)
        problems = list(self.written(names, roots, saved, layout))
        if error is not None:
            problems += exception_problems(error, text)
            # It may have the array as an attribute, or in a frame.
            error = None
            problems += self.kept(names, counts)
            return {"outcome": "refuses", "problems": problems, "text": text}
        # What a mask means is the function's own business.
        if layout not in {"None", "masked"}:
            problems += self.judge(names, copies, result, layout)
        if second and not self.in_place:
            problems += self.overwritten(result, second)
        dtype = str(native(self.np, result).dtype) if hasattr(result, "dtype") and is_array(self.np, result) else None
        del result
        problems += self.kept(names, counts)
        return {"outcome": "ok", "problems": problems, "dtype": dtype}

    def judge(self, names: dict[str, Any], copies: dict[str, Any], result: Any, layout: str) -> Iterator[Problem]:
        """Yield how a result differs from the one for copies, and whether it is a part of an input."""
        target = self.arrays[0]
        inputs = {name: array.copy() for name, array in copies.items() if array is not None}
        try:
            expected = self.reference(copies)
        except BaseException:  # noqa: BLE001
            if self.has_reference or layout == "contiguous":
                yield {"id": "reference-refuses"}
            return
        if self.in_place:
            if names[target] is not None:
                changed = copies[target]
                if self.has_reference:
                    changed = self.np.asarray(expected).astype(changed.dtype)
                yield from self.compare(names[target], changed, inputs, "")
            return
        yield from self.compare(result, expected, inputs, "")
        # NumPy tells by the addresses; a mask is none of the function's business.
        for part in parts(self.np, result):
            for name in self.arrays:
                shared = isinstance(names[name], self.np.ndarray) and self.np.may_share_memory(part, names[name])
                also = any(self.np.may_share_memory(piece, copies[name]) for piece in parts(self.np, expected))
                if shared and not also:
                    yield {"id": "result-aliases", "array": name, "text": f"the result shares memory with `{name}`"}

    def compare(self, actual: Any, expected: Any, inputs: dict[str, Any], path: str) -> Iterator[Problem]:
        """Yield where a result differs from what is expected."""
        np = self.np
        pairs = pairs_of(actual, expected)
        for step, left, right in pairs or ():
            yield from self.compare(left, right, inputs, f"{path}{step}")
        if pairs is not None or (actual is None and expected is None):
            return
        if not is_array(np, actual) or not is_array(np, expected):
            same_type = type(actual) is type(expected)
            if same_type and isinstance(actual, TEXTS) and actual == expected:
                return
            is_known = isinstance(actual, (*TEXTS, list, tuple, dict))
            kind = "not-compared" if same_type and not is_known else "wrong-result"
            yield {"id": kind, "path": path, "how": "type", "text": differ(actual, expected)}
            return
        left, right = native(np, actual), native(np, expected)
        if left.shape != right.shape:
            text = f"got shape {left.shape}, expected {right.shape}"
            yield {"id": "wrong-result", "path": path, "how": "shape", "text": text}
            return
        typed = (
            hasattr(actual, "dtype") and hasattr(expected, "dtype") and "O" not in left.dtype.kind + right.dtype.kind
        )
        if typed and left.dtype != right.dtype:
            text = f"got {left.dtype}, expected {right.dtype}"
            yield {"id": "wrong-dtype", "path": path, "how": "dtype", "text": text}
        relative, absolute = tolerance(np, (left, right), inputs.values())
        equal = equal_items(np, left, right, relative, absolute)
        if not np.all(equal):
            place = tuple(int(number) for number in np.argwhere(~np.atleast_1d(equal))[0])
            values = (brief(np.atleast_1d(array)[place]) for array in (left, right))
            text = f"{f'at {list(place)}, ' if left.ndim else ''}got {next(values)}, expected {next(values)}"
            yield {
                "id": "wrong-result", "path": path, "how": "values", "text": text, "relative": relative,
                "absolute": absolute,
            }  # fmt: skip

    def written(self, names: dict[str, Any], roots: dict[str, Any], saved: Any, layout: str) -> Iterator[Problem]:
        """Yield what was written that should not be."""
        target = self.arrays[0]
        read_only = {
            name for name in self.arrays if getattr(names[name], "flags", None) and not names[name].flags.writeable
        }
        pairs = layout in {"same array twice", "shifted views"}
        kept = None
        if self.in_place and target not in read_only and isinstance(names[target], self.np.ndarray):
            kept = names[target].copy()
            # What is left then is a change of something else.
            names[target][...] = saved[target]
        for key, before in roots.items():
            name = key.removesuffix("_root")
            if key_of(names[key]) != before and not (pairs and self.in_place):
                kind = "read-only-written" if name in read_only else "input-changed"
                outside = self.in_place and name == target and kind == "input-changed"
                text = f"memory around `{name}` was changed" if outside else f"`{name}` was changed"
                yield {"id": kind, "array": name, "text": text}
        if kept is not None:
            names[target][...] = kept

    def overwritten(self, result: Any, second: str) -> Iterator[Problem]:
        """Yield whether a later call changes the result of an earlier one."""
        before = [key_of(part) for part in parts(self.np, result)]
        with suppress(BaseException):
            self.call(self.make(second))
        if before != [key_of(part) for part in parts(self.np, result)]:
            yield {"id": "result-overwritten", "text": "a later call changes the result of an earlier one"}

    def kept(self, names: dict[str, Any], counts: dict[str, int]) -> Iterator[Problem]:
        """Yield which arrays are still referred to."""
        for name, count in counts.items():
            if names[name] is None:
                continue
            if sys.getrefcount(names[name]) > count:
                gc.collect()
            if sys.getrefcount(names[name]) > count:
                yield {"id": "input-kept", "array": name, "text": f"`{name}` is still referred to after the call"}

    def run_threads(self, setups: list[str]) -> Answer:
        """Call the function in several threads, and compare the results with those of calls one after another."""
        inputs = [self.make(setup) for setup in setups]
        if len(inputs) == 1:
            inputs *= THREADS
        expected = [self.outcome_of(names) for names in inputs]
        problems: list[Problem] = []
        barrier, deadline = threading.Barrier(THREADS), time.monotonic() + SECONDS

        def work(number: int) -> None:
            barrier.wait()
            for count in range(CALLS):
                if count and (problems or time.monotonic() > deadline):
                    return
                try:
                    problems.extend(self.compare_runs(self.outcome_of(inputs[number]), expected[number]))
                except BaseException as error:  # noqa: BLE001
                    problems.append({"id": "thread-fails", "text": describe(error)})

        usual = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        threads = [threading.Thread(target=work, args=[number], daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(usual)
        return {"outcome": "ok", "problems": problems[:1]}

    def outcome_of(self, names: dict[str, Any]) -> Any:
        """Return the result of a call, or the array that it changes; each call gets an array of its own to change."""
        target = self.arrays[0]
        if not self.in_place:
            return self.call(names)
        names = {**names, target: names[target].copy()}
        self.call(names)
        return names[target]

    def compare_runs(self, actual: Any, expected: Any) -> Iterator[Problem]:
        """Yield how a result in a thread differs."""
        for problem in self.compare(actual, expected, {}, ""):
            if problem["id"] in {"wrong-result", "wrong-dtype"}:
                yield {"id": "thread-race", "text": f"while several threads call, {problem['text']}"}

    def run_repeats(self, setup: str) -> Answer:
        """Call the function many times, and compare the memory after each round."""
        names = self.make(setup)
        start = time.monotonic()
        self.outcome_of(names)
        if (time.monotonic() - start) * REPEATS > 2:
            return {"outcome": "?", "problems": [], "text": "a call takes too long to be repeated"}
        sizes = []
        for _ in range(ROUNDS):
            for _ in range(REPEATS):
                self.outcome_of(names)
            gc.collect()
            sizes.append((resident() or 0, sys.getallocatedblocks()))
        steps = list(itertools.pairwise(sizes[1:]))
        problems = []
        if all(after[0] - before[0] > GROWTH for before, after in steps):
            size = (sizes[-1][0] - sizes[1][0]) // (len(steps) * REPEATS)
            problems.append({"id": "memory-grows", "text": f"each call leaves {size} bytes behind"})
        elif all(after[1] - before[1] >= REPEATS for before, after in steps):
            problems.append({"id": "memory-grows", "text": "each call leaves objects behind"})
        return {"outcome": "ok", "problems": problems}

    def execute(self, source: str) -> Answer:
        """Run a printed test, and return what it raises."""
        names: dict[str, Any] = {"__name__": "found"}
        exec(compile(source, "<test>", "exec"), names)  # noqa: S102
        test = next(value for name, value in names.items() if name.startswith("test_"))
        try:
            test()
        except BaseException as error:  # noqa: BLE001
            return {"type": type(error).__name__}
        return {"type": None}


def import_function(module: str, function: str) -> tuple[Any, Answer]:
    """Return a function of a module, or nothing and the answer that says what is wrong."""
    try:
        place = importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001
        problem = import_problem(module, error)
        if problem["problem"] == "no-module" and (path := attribute_of(module, function)):
            return None, {"problem": "attribute", "place": path}
        return None, problem
    try:
        value = functools.reduce(getattr, function.split("."), place)
    except AttributeError:
        names = [name for name in dir(place) if callable(getattr(place, name))]
        return None, {"problem": "no-function", "names": names}
    return (value, {}) if callable(value) else (None, {"problem": "not-callable"})


def import_problem(module: str, error: BaseException) -> Answer:
    """Return the answer that says why a module was not imported: it is not there, nor its package, or it raises."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    is_missing = name is not None and f"{module}.".startswith(f"{name}.")
    return {"problem": "no-module" if is_missing else "raises", "text": describe(error)}


def attribute_of(module: str, function: str) -> str | None:
    """Return where a function is whose module is only an attribute, as PyO3's submodules are; nothing if it is not."""
    parts = module.split(".")
    # The innermost module first: a package need not import it by itself.
    for count in range(len(parts) - 1, 0, -1):
        package, rest = ".".join(parts[:count]), ".".join(parts[count:])
        with suppress(BaseException):
            functools.reduce(getattr, f"{rest}.{function}".split("."), importlib.import_module(package))
            return f"{package}:{rest}.{function}"
    return None


def pairs_of(actual: Any, expected: Any) -> list[tuple[str, Any, Any]] | None:
    """Return the parts of two containers, each with how it is got; nothing if they are none with the same places."""
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple) and len(actual) == len(expected):
        return [(f"[{place}]", *pair) for place, pair in enumerate(zip(actual, expected, strict=True))]
    if isinstance(actual, dict) and isinstance(expected, dict) and actual.keys() == expected.keys():
        return [(f"[{key!r}]", value, expected[key]) for key, value in actual.items()]
    return None


def exception_problems(error: BaseException, text: str) -> Iterator[Problem]:
    """Yield what is wrong with an exception that refuses an argument."""
    if not isinstance(error, Exception):
        yield {"id": "panic", "type": type(error).__name__, "text": text}
    elif isinstance(error, INSIDE) and not isinstance(error, REFUSALS):
        yield {"id": "wrong-exception", "type": type(error).__name__, "text": text}


def describe(error: BaseException) -> str:
    """Return an exception as Python prints it, in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300].rstrip(": ")


def brief(value: Any) -> str:
    """Return how a value is shown in a message."""
    # NumPy's `repr` of a number names its type, too.
    return (str(value) if type(value).__module__ == "numpy" else repr(value))[:120]


def differ(actual: Any, expected: Any) -> str:
    """Return what was got and expected; of texts and bytes what is there from the first difference on."""
    start = 0
    if type(actual) is type(expected) and isinstance(actual, TEXTS):
        pairs = enumerate(zip(actual, expected, strict=False))
        start = next((place for place, (a, b) in pairs if a != b), min(len(actual), len(expected)))
        actual, expected = actual[start : start + 40], expected[start : start + 40]
    return f"{f'at {start}, ' if start else ''}got {brief(actual)}, expected {brief(expected)}"


def native(np: Any, value: Any) -> Any:
    """Return a contiguous array of the machine's byte order with the same values."""
    array = np.asarray(value)
    return np.array(array, array.dtype.newbyteorder("="), order="C")


def is_array(np: Any, value: Any) -> bool:
    """Return whether a value is an array or a number."""
    return isinstance(value, np.ndarray | np.generic | bool | int | float | complex)


def parts(np: Any, value: Any) -> list[Any]:
    """Return the arrays in a result."""
    if isinstance(value, list | tuple):
        return [array for item in value for array in parts(np, item)]
    return [value] if isinstance(value, np.ndarray) else []


def key_of(array: Any) -> Any:
    """Return what tells whether an array was changed."""
    # Not all bytes of these are a part of the number.
    return [repr(item) for item in array.flat] if array.dtype.char in "OgG" else array.tobytes()


def tolerance(np: Any, results: Any, inputs: Any) -> tuple[float, float]:
    """Return how far results may differ, relatively and absolutely: sums of floats depend on their order."""
    arrays = [*results, *inputs]
    exact = [1e-14 for array in results if array.dtype == object]
    inexact = [float(np.finfo(array.dtype).eps) for array in arrays if array.dtype.kind in "fc"]
    if not (exact or [array for array in results if array.dtype.kind in "fc"]):
        return 0.0, 0.0
    size = max(array.size for array in arrays)
    epsilon = max([*inexact, *exact])
    relative = min(epsilon * max(16, size), max(0.05, 16 * epsilon))
    return relative, relative * max((scale(np, array) for array in arrays), default=0.0)


def scale(np: Any, array: Any) -> float:
    """Return the usual size of an array's numbers."""
    if array.dtype.kind not in "fciu":
        return 0.0
    sizes = np.abs(array[np.isfinite(array)].astype(complex))
    return min(float(np.median(sizes)), 1e100) if sizes.size else 0.0


def equal_items(np: Any, left: Any, right: Any, relative: float, absolute: float) -> Any:
    """Return which items are equal; NaN and NaT are to themselves."""
    if "O" in left.dtype.kind + right.dtype.kind:
        pairs = zip(left.ravel(), right.ravel(), strict=True)
        return np.array([bool(same_object(a, b, relative)) for a, b in pairs], bool).reshape(left.shape)
    if "V" in left.dtype.kind + right.dtype.kind:
        return np.array(left == right)
    equal = np.asarray(left == right)
    with suppress(TypeError):
        equal |= np.isnan(left) & np.isnan(right) if left.dtype.kind in "fcMm" else False
    if relative:
        finite = np.isfinite(left) & np.isfinite(right)
        with suppress(TypeError):
            equal |= finite & (np.abs(left - right) <= absolute + relative * np.abs(right))
    return equal


def same_object(left: Any, right: Any, relative: float) -> bool:
    """Return whether two Python objects are equal, about so if they are floats."""
    if left is right or left == right or (left != left and right != right):  # noqa: PLR0124
        return True
    return isinstance(left, float) and isinstance(right, float) and abs(left - right) <= relative * abs(right)


def resident() -> int | None:
    """Return the bytes of memory that this process has now, where the system says."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return None
