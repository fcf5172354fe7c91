"""What the child process does: it makes inputs of a size, and measures a call by threads, by processes, and alone."""

from __future__ import annotations

import functools
import marshal
import multiprocessing
import pickle
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

_own = sys.path[:]
ROOT = str(Path(__file__).resolve().parents[3])
# Only our own modules are looked for there.
sys.path.insert(0, ROOT)
from scaffolder.runtime.child import timing, workers  # noqa: E402
from scaffolder.runtime.child.calls import describe  # noqa: E402
from scaffolder.runtime.child.values import agree, payload, trace_of, type_of  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Answer = dict[str, Any]

CLOCK = time.perf_counter
# How often a result is compared, as threads that finish in another order may change it, and for how many seconds.
TRIES, LONGEST = 3, 1.0
# The part of its processor time that a process must have spent in threads that still are, to tell how long they waited.
SEEN = 0.7
# From the least equal to the most.
VERDICTS = ("differ", "unknown", "close", "equal")


class Session(timing.Session):
    """A call, and inputs of one size."""

    def load(
        self, folder: str, module: str, function: str, expressions: list[str], makes: dict[str, str],
        libraries: dict[str, str], **details: Any,
    ) -> Answer:  # fmt: skip
        """Import the function; what is wrong with that is in the answer."""
        # Threads and chunks have names in calls, too.
        answer = super().load(folder, module, function, expressions, {**makes, "t": "1", "c": "1"}, libraries)
        if "problem" in answer:
            return answer
        self.makes = {name: code for name, code in self.makes.items() if name in makes}
        self.inputs = [name for name in self.inputs if name in makes]
        self.source = (folder, module, function, libraries, expressions[0], [*makes, "t", "c"])
        join = details["join"]
        self.splits, self.join = details["splits"], self.compile(join, ["parts"])[1] if join else None
        self.threads: dict[int, ThreadPoolExecutor] = {}
        self.processes: dict[int, Any] = {}
        self.seconds: dict[int, float] = {}
        return answer

    def prepare(self, n: int) -> Answer:
        """Make inputs of a size, and say how long those are that are split."""
        try:
            self.made = self.make(n)
        except timing.UnmadeError as error:
            return {"unmade": error.args[0], "text": error.args[1]}
        self.firsts: Answer = {}
        self.length = 0
        for name in self.splits:
            try:
                self.length = len(self.made[name])
                self.made[name][0:1]
            except Exception as error:  # noqa: BLE001
                return {"unsplit": name, "text": describe(error)}
        values = {name: self.made[name] for name in self.inputs}
        types = {name: type_of(value) for name, value in values.items()}
        changed = self.find_changed(min(n, timing.SMALL))
        return {"length": self.length, "payload": payload(list(values.values())), "types": types, "changed": changed}

    def find_changed(self, n: int) -> list[str]:
        """Return the inputs that a call changes or uses up."""
        try:
            made = self.make(n)
            before = {name: trace_of(made[name]) for name in self.inputs}
            self.calls[0][1](**made, t=1, c=max(1, n // 4))
        except BaseException:  # noqa: BLE001  (what is wrong is said when it is tried)
            return []
        return [
            name for name in self.inputs
            if hasattr(made[name], "__next__") or trace_of(made[name]) != before[name]
        ]  # fmt: skip

    def attempt(self, way: Answer, key: str, whole: str | None, file: str, *, is_first: bool) -> Answer:
        """Try a way, which also warms it up, and compare its results with those of the first way with the same key.

        Where parts are joined, they are compared with the result of all of the input, whose key is `whole`.
        """
        seconds: list[float] = []
        verdicts = set()
        joined = None
        try:
            work = self.work(**way)
            begin = CLOCK()
            while not seconds or (len(seconds) < TRIES and CLOCK() - begin < LONGEST):
                start = CLOCK()
                result = work()
                seconds.append(CLOCK() - start)
                verdicts.add(compare(self.first(key, file, result, is_first=is_first), result))
            if whole is not None and self.join is not None:
                joined = compare(self.first(whole, "", None, is_first=False), result)
        except BaseException as error:  # noqa: BLE001  (a Rust panic is none of `Exception`)
            return timing.failure_of(error)
        verdict = min(verdicts, key=VERDICTS.index)
        return {"seconds": min(seconds), "verdict": verdict, "joined": joined}

    def first(self, key: str, file: str, result: Any, *, is_first: bool) -> Any:
        """Return the result to compare with: that of the first way, in this process or another."""
        if key in self.firsts:
            return self.firsts[key]
        self.firsts[key] = result if is_first else NotImplemented
        with suppress(Exception):  # what can't be pickled is not compared
            if file and is_first:
                Path(file).write_bytes(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
            elif file:
                self.firsts[key] = pickle.loads(Path(file).read_bytes())  # noqa: S301  (another child of ours wrote it)
        return self.firsts[key]

    def work(self, kind: str, count: int, chunk: int, index: int) -> Callable[[], Any]:
        """Return what makes the whole call in some way."""
        call = self.calls[index][1]
        inputs = {**self.made, "t": count, "c": chunk}
        if kind in {"alone", "inside"}:
            return functools.partial(call, **inputs)
        spans = [slice(start, start + chunk) for start in range(0, self.length, chunk)]
        if kind == "threads":
            if count not in self.threads:
                self.threads[count] = ThreadPoolExecutor(count)
            threads = self.threads[count]
            return self.joined(lambda: list(threads.map(lambda span: call(**self.part(inputs, span)), spans)))
        if count not in self.processes:
            self.start_processes(count)
        processes, single = self.processes[count], {**inputs, "t": 1}
        return self.joined(lambda: list(processes.imap(workers.call, (self.part(single, span) for span in spans))))

    def joined(self, work: Callable[[], list[Any]]) -> Callable[[], Any]:
        """Return what also joins the parts of a result, where there is an expression for it."""
        join = self.join
        return work if join is None else lambda: join(parts=work())

    def part(self, inputs: Answer, span: slice) -> Answer:
        """Return the inputs of a chunk."""
        return {**inputs, **{name: inputs[name][span] for name in self.splits}}

    def start_processes(self, count: int) -> None:
        """Start processes that have imported the function, as `multiprocessing` does."""
        start = CLOCK()
        # They get this path.
        sys.path.insert(0, ROOT)
        try:
            pool = multiprocessing.get_context("spawn").Pool(count, workers.start, self.source)
        finally:
            sys.path.remove(ROOT)
        pool.map(workers.ready, range(count * 4), 1)
        self.processes[count] = pool
        self.seconds[count] = CLOCK() - start

    def pickle(self, chunk: int, index: int) -> Answer:
        """Return how long it takes to pickle the chunks of all inputs and their results, and to read them again."""
        inputs = {**self.made, "t": 1, "c": chunk}
        parts = [self.part(inputs, slice(start, start + chunk)) for start in range(0, self.length, chunk)]
        values = [value for part in parts for value in (part, self.calls[index][1](**part))]
        seconds, size = [], 0
        for _ in range(TRIES):
            start = CLOCK()
            texts = [pickle.dumps(value, pickle.HIGHEST_PROTOCOL) for value in values]
            for text in texts:
                pickle.loads(text)  # noqa: S301
            seconds.append(CLOCK() - start)
            size = sum(map(len, texts))
        return {"seconds": min(seconds), "bytes": size, "starting": next(iter(self.seconds.values()), None)}

    def run(self, way: Answer, number: int) -> Answer:
        """Return the seconds of a call made in some way, and of processors meanwhile: its own, and all others."""
        work = self.work(**way)
        busy, before = timing.processors_busy(), scheduled()
        with timing.without_collecting():
            cpu, start = time.process_time(), CLOCK()
            for _ in range(number):
                work()
            took, used = CLOCK() - start, time.process_time() - cpu
        others = timing.difference(timing.processors_busy(), busy)
        delayed = delay_between(before, used)
        return {"seconds": took / number, "elapsed": took, "used": used, "others": others, "delayed": delayed}


def scheduled() -> tuple[float, float] | None:
    """Return the seconds that the threads of this process ran, and were ready to run without a processor."""
    try:
        texts = [(task / "schedstat").read_bytes().split() for task in Path("/proc/self/task").iterdir()]
        return sum(int(text[0]) for text in texts) / 1e9, sum(int(text[1]) for text in texts) / 1e9
    except (OSError, ValueError, IndexError):  # another system, or a thread that has just ended
        return None


def delay_between(before: tuple[float, float] | None, used: float) -> float | None:
    """Return the seconds that threads waited for a processor; nothing where the system does not say."""
    after = scheduled()
    if before is None or after is None:
        return None
    # What threads did that have ended is not seen, nor how long they waited.
    return after[1] - before[1] if after[0] - before[0] > SEEN * used else None


def compare(first: Any, result: Any) -> str:
    """Return how equal two results are: to the bit, as numbers are, or not."""
    if first is NotImplemented:
        return "unknown"
    left, right = exact(first), exact(result)
    if left is not None and left == right:
        return "equal"
    answer = agree_or_say(first, result)
    # Where no bits are known, nothing is more exact than what the type says.
    return "unknown" if answer is None else "differ" if not answer else "close" if left is not None else "equal"


def agree_or_say(first: Any, result: Any) -> bool | None:
    """Return whether two results are equal, as a table says of itself, or as numbers are."""
    for name in ("equals", "equal"):
        method = getattr(first, name, None)
        if callable(method) and type(first) is type(result):
            with suppress(Exception):  # it is somebody else's code
                return bool(method(result))
    return agree(first, result)


def exact(value: Any) -> Any:
    """Return what is equal for values that are equal to the bit; nothing where that is not known."""
    try:
        # The oldest version writes neither references nor what was interned.
        return type(value), marshal.dumps(value, 0)
    except ValueError:  # there is more in it than Python's own data
        pass
    if isinstance(value, list | tuple):
        parts = [exact(item) for item in value]
        return None if None in parts else (type(value), parts)
    if isinstance(value, dict):
        values = [exact(item) for item in value.values()]
        return None if None in values else (list(value), values)
    if hasattr(value, "dtype") and hasattr(value, "tobytes") and value.dtype.kind != "O":
        return str(value.dtype), getattr(value, "shape", ()), value.tobytes()
    return None
