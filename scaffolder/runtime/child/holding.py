"""What the child process does: it calls expressions, or runs a script, while another thread tries to take the GIL."""

from __future__ import annotations

import ast
import gc
import hashlib
import os
import runpy
import sys
import threading
import time
import tracemalloc
import types
from collections import deque
from functools import partial
from pathlib import Path

_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.runtime.child.beats import CLOCK, PERIOD, Beats, read_switches  # noqa: E402
from scaffolder.runtime.child.timing import Session as TimedSession  # noqa: E402
from scaffolder.runtime.child.timing import without_collecting  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from scaffolder.runtime.child.beats import Row

    Answer = dict[str, Any]

# A call that takes less time is repeated for so long, without letting others in between.
SHORT, BATCH, MOST_CALLS = 1e-3, 8e-3, 100_000
# Seconds that making the inputs of these calls may take before they begin; so they take not too much memory, either.
MAKING = 0.1
LEAST_ROUNDS, MOST_ROUNDS, MOST_BEATS, MOST_OBJECTS = 3, 300, 5000, 1_000_000
# What `map` calls for each step: no Python code runs between two calls, in which others would be let in.
CALL: Any = partial.__call__
# Arguments of these parts are there before the call, and are the same for each.
PLAIN = (ast.Name, ast.Attribute, ast.Constant, ast.keyword, ast.expr_context, ast.UnaryOp, ast.unaryop)
OURS = (__file__, "<call>", "<make>")
ATOMS = (str, bytes, bytearray, int, float, complex, bool, type(None), type, types.ModuleType, types.FunctionType)


class Session(TimedSession):
    """Expressions, inputs of one size, and controls."""

    def load(self, **request: Any) -> Answer:  # type: ignore[override]
        """Import the function and what expressions name, and say what this Python and system can tell."""
        answer = super().load(**request)
        self.expressions: list[str] = request["expressions"]
        return {**answer, "exact": read_switches()() is not None, "implementation": sys.implementation.name}

    def control(self, name: str, seconds: float, limit: float) -> Answer:
        """Measure what is known: Python code, sleep, and work while detached."""
        controls: Any = {
            "python": partial(spin, 0.01), "asleep": partial(time.sleep, 0.01),
            "detached": partial(hashlib.pbkdf2_hmac, "sha256", b"gil", b"profiler", 20_000),
        }  # fmt: skip
        return measure(lambda: controls[name], seconds, limit)

    def examine(self, n: int, index: int) -> Answer:  # type: ignore[override]
        """Look at one call alone, so that one that ends the process is known."""
        calls, self.calls = self.calls, self.calls[index : index + 1]
        try:
            return super().examine(n)
        finally:
            self.calls = calls

    def hold(self, n: int, index: int, is_fresh: bool, seconds: float, limit: float) -> Answer:
        """Measure a call."""
        return measure(self.binder(n, index, is_fresh), seconds, limit)

    def binder(self, n: int, index: int, is_fresh: bool) -> Callable[[], partial[Any]]:
        """Return what returns a call with inputs that no call before has used up."""
        if is_fresh:
            return lambda: self.bind(index, self.make(n))
        made = self.make(n)
        call = self.bind(index, made)
        if call.func is self.calls[index][1] or all(isinstance(part, PLAIN) for part in self.arguments(index)):
            return lambda: call
        # What an argument such as `iter(a)` makes may be used up by the call.
        return lambda: self.bind(index, made)

    def arguments(self, index: int) -> list[ast.AST]:
        """Return the parts of the arguments of a call."""
        node = ast.parse(self.expressions[index], mode="eval").body
        assert isinstance(node, ast.Call)  # noqa: S101
        return [part for value in (*node.args, *node.keywords) for part in ast.walk(value)]

    def bind(self, index: int, made: Answer) -> partial[Any]:
        """Return a call of a function with its arguments, with no Python code of ours in it, where that is possible."""
        node = ast.parse(self.expressions[index], mode="eval").body
        is_plain = isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
        if not is_plain or any(isinstance(part, ast.Call) for part in ast.walk(node.func)):  # type: ignore[attr-defined]
            return partial(self.calls[index][1], **made)  # the function takes all inputs
        assert isinstance(node, ast.Call)  # noqa: S101
        names = {**self.names, **made}
        function = evaluate(node.func, names)
        node.func = ast.Name("_bind", ast.Load())
        bound = evaluate(node, {**names, "_bind": lambda *args, **kwargs: (args, kwargs)})
        return partial(function, *bound[0], **bound[1])

    def work(self, n: int, index: int, is_fresh: bool) -> Answer:
        """Return the objects that a call gets and returns, and how much slower traced memory makes it."""
        bind = self.binder(n, index, is_fresh)
        seen: set[int] = set()
        words = {node.id for node in ast.walk(ast.parse(self.expressions[index])) if isinstance(node, ast.Name)}
        call = bind()
        is_plain = call.func is not self.calls[index][1]
        values = [*call.args, *(value for name, value in call.keywords.items() if is_plain or name in words)]
        inputs, before = count_objects(values, seen), sys.getallocatedblocks()
        result = call()
        blocks = sys.getallocatedblocks() - before
        results = max(count_objects([result], seen), blocks)
        del result
        calls = count_calls(bind())
        plain = best_time(bind)
        tracemalloc.start()
        try:
            traced = best_time(bind)
        finally:
            tracemalloc.stop()
        return {"inputs": inputs, "results": results, "callbacks": calls, "plain": plain, "traced": traced}

    def script(self, path: str, arguments: list[str], limit: float) -> Answer:
        """Run a script as `python` does, and return when others had to wait for long, and for whom."""
        sys.argv[:] = [path, *arguments]
        sys.path[:] = [os.path.dirname(os.path.abspath(path)), *_own]  # noqa: PTH100, PTH120
        code = None
        with Beats(PERIOD, limit, None, (*OURS, runpy.__file__)) as beats:
            start = CLOCK()
            try:
                runpy.run_path(path, run_name="__main__")
            except SystemExit as error:
                # It may be any object, also one that can't be hashed.
                code = None if error.code is None or error.code == 0 else repr(error.code)
            end = CLOCK()
            beats.await_beat()
        return {
            "seconds": end - start,
            "code": code,
            "count": beats.count,
            "beats": rows_between(beats.rows, start, end),
        }


def spin(seconds: float) -> None:
    """Run Python code for a time."""
    end = CLOCK() + seconds
    while CLOCK() < end:
        pass


def evaluate(node: ast.expr, names: Answer) -> Any:
    """Evaluate a part of an expression."""
    return eval(compile(ast.unparse(node), "<call>", "eval"), names)  # noqa: S307


def measure(bind: Callable[[], partial[Any]], seconds: float, limit: float) -> Answer:
    """Call again and again while another thread tries to take the GIL; return what it saw in each round."""
    bind()()
    once = min(seconds_of(bind()) for _ in range(3)) if (first := seconds_of(bind())) < seconds / 10 else first
    most = min(MOST_CALLS, int(MAKING / max(seconds_of(bind), 1e-8)) + 1)
    number = 1 if once >= SHORT else min(most, int(BATCH / max(once, 1e-8)) + 1)
    rounds: list[Answer] = []
    stop = CLOCK() + seconds
    period = max(PERIOD, once / MOST_BEATS)
    with without_collecting(), Beats(period, limit, threading.get_ident(), OURS) as beats:
        while len(rounds) < MOST_ROUNDS and (len(rounds) < LEAST_ROUNDS or CLOCK() < stop):
            rounds.append(measure_round(bind, number, beats))
            if once > seconds:
                break
    return {"number": number, "once": once, "rounds": rounds}


def measure_round(bind: Callable[[], partial[Any]], number: int, beats: Beats) -> Answer:
    """Call some times without a pause, and return what the other thread saw."""
    steps = iter([*(bind() for _ in range(number)), partial(CLOCK)])
    beats.await_beat()
    count = max(0, len(beats.rows) - 1)
    delayed, start = beats.used_by(threading.get_ident())[1], CLOCK()
    end = deque(map(CALL, steps), maxlen=1)[0]
    delay = beats.used_by(threading.get_ident())[1] - delayed
    beats.await_beat()
    return {"seconds": end - start, "delay": delay, "beats": rows_between(beats.rows[count:], start, end)}


def rows_between(rows: list[Row], start: float, end: float) -> list[list[Any]]:
    """Return the beats in a time, from its start."""
    return [
        [round(due - start, 7), round(got - start, 7), round(cpu, 7), round(delay, 7), round(total, 7), *rest]
        for due, got, cpu, delay, total, *rest in rows
        if got > start and due < end
    ]


def seconds_of(call: Callable[[], Any]) -> float:
    """Return the seconds of a call."""
    start = CLOCK()
    call()
    return CLOCK() - start


def best_time(bind: Callable[[], partial[Any]]) -> float:
    """Return the processor time of a call in this thread, the best of three."""
    times = []
    for _ in range(3):
        call = bind()
        start = time.thread_time()
        call()
        times.append(time.thread_time() - start)
        if times[-1] > 1:
            break
    return min(times)


def count_objects(values: list[object], seen: set[int]) -> int:
    """Return how many references to objects there are in values; what is in an object is counted once."""
    count = 0
    while values and count < MOST_OBJECTS:
        value = values.pop()
        count += 1
        if not isinstance(value, ATOMS) and id(value) not in seen:
            seen.add(id(value))
            # NumPy's arrays do not show what they refer to.
            dtype = getattr(value, "dtype", None)
            count += getattr(value, "size", 0) if getattr(dtype, "hasobject", False) is True else 0
            values.extend(part for part in gc.get_referents(value) if not isinstance(part, ATOMS[-3:]))
    return count


def count_calls(call: partial[Any]) -> int:
    """Return how many Python functions a call calls."""
    codes: list[object] = []

    def note(frame: Any, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename not in OURS:
            codes.append(None)

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return len(codes)
