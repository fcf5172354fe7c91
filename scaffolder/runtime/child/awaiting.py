"""What the child process does: it awaits calls on an event loop, cancels them, and looks at what they leave behind."""

from __future__ import annotations

import ast
import asyncio
import contextvars
import gc
import importlib
import linecache
import os
import runpy
import sys
import threading
import time
import warnings
import weakref
from contextlib import suppress
from pathlib import Path

_own = sys.path[:]
# Only our own modules are looked for there.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from scaffolder.runtime.child.beats import read_delay  # noqa: E402
from scaffolder.runtime.child.calls import describe, import_function, resident  # noqa: E402
from scaffolder.runtime.child.timing import debug_builds, failure_of, processors_busy, trim  # noqa: E402
from scaffolder.runtime.child.watching import CLOCK, Watch  # noqa: E402

sys.path[:] = _own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Callable, Coroutine, Generator
    from typing import Any

    Answer = dict[str, Any]

# Seconds for what a call has left behind to end, and for which it is looked whether it computes on.
SETTLING, LISTENING = 0.05, 0.2
# The part of a processor that says that something computes, and for how many seconds it is awaited at most.
LITTLE, LONGEST = 0.1, 5.0
# How many batches of calls show whether memory grows, and for how many seconds there are others if it does.
BATCHES, MOST_SECONDS = 5, 20.0
MOST_TIMES = 100_000
# Whether the running code belongs to a call, and not to what was made for it, such as a server.
IS_CALL: contextvars.ContextVar[bool] = contextvars.ContextVar("is_call", default=False)


class Session:
    """An event loop, what is made for calls, and the calls."""

    def load(  # noqa: PLR0913, PLR0917
        self, folder: str, module: str, function: str, calls: list[str], makes: dict[str, str], loop: str,
        limit: float, running: str | None, **_: Any,
    ) -> Answer:  # fmt: skip
        """Import the function and make the loop; what is wrong with that is in the answer."""
        sys.path.insert(0, folder)
        self.complaints: list[str] = []
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", message=".*was never awaited", category=RuntimeWarning)
        warnings.showwarning = lambda message, *_, **__: self.complain(str(message))
        self.names: Answer = {"__builtins__": __builtins__}
        if module:
            value, problem = import_function(module, function)
            if problem:
                return problem
            top = module.partition(".")[0]
            self.names |= {top: sys.modules.get(top), "asyncio": asyncio, **vars(sys.modules[module]), "f": value}
        self.limit, self.makes, self.running, self.module = limit, makes, running, module
        self.threads = set(threading.enumerate())
        self.delay = read_delay(threading.get_ident())
        self.begun: weakref.WeakSet[Task[Any]] = weakref.WeakSet()
        try:
            self.loop = new_loop(loop)
        except ImportError as error:
            return {"problem": "no-library", "library": loop, "text": describe(error)}
        self.loop.set_exception_handler(self.note_error)
        self.calls = [self.compile(number, text) for number, text in enumerate(calls)]
        self.busy, self.started = processors_busy(), CLOCK()
        has_gil: Any = getattr(sys, "_is_gil_enabled", lambda: True)
        return {"python": sys.version.split()[0], "has_gil": has_gil(), "debug": debug_builds(module)}

    def complain(self, text: str) -> None:
        """Keep what Python warns about."""
        if text not in self.complaints:
            self.complaints.append(text)

    def note_error(self, _: object, context: Answer) -> None:
        """Keep what nobody has handled."""
        error = context.get("exception")
        self.complain(f"{context['message']}{f': {describe(error)}' if error else ''}")

    def compile(self, number: int, expression: str) -> tuple[Any, Any]:
        """Return what awaits an expression, and what only evaluates it; nothing for that if it awaits something."""
        tree = ast.parse(expression, mode="eval")
        text, file = ast.unparse(tree), f"<call {number}>"
        is_awaited = any(isinstance(node, ast.Await) for node in ast.walk(tree))
        # After a long call of an extension, others get the GIL at the call of `id`, while this frame is still there.
        source = f"async def call():\n    _result = {'' if is_awaited else 'await '}{text}\n    id(_result)\n"
        source += "    return _result\n"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        scope: Answer = {}
        exec(compile(source, file, "exec"), self.names, scope)  # noqa: S102
        return scope["call"], None if is_awaited else compile(text, file, "eval")

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Run a coroutine on the loop, and return its answer with how late the loop was."""
        with Watch(self.loop, self.limit, __file__) as watch:
            answer = self.loop.run_until_complete(work)
        return {**answer, **watch.result()}

    def prepare(self) -> Answer:
        """Make the objects for calls on the loop, in their order."""
        answer = self.loop.run_until_complete(self.make())
        self.threads = set(threading.enumerate())
        return answer

    async def make(self) -> Answer:
        """Make the objects; those that are awaitable are awaited."""
        for name, text in self.makes.items():
            try:
                code = compile(text, "<make>", "eval", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                value = eval(code, self.names)  # noqa: S307
                self.names[name] = await value if asyncio.iscoroutine(value) else value
            except BaseException as error:  # noqa: BLE001
                return {"unmade": name, "text": describe(error)}
        return {}

    def examine(self, index: int) -> Answer:
        """Make a call once, and count how often it lets the loop do something else."""
        return self.run(self.examine_once(index))

    async def examine_once(self, index: int) -> Answer:
        """Make a call once; what is wrong with it is in the answer."""
        call, code = self.calls[index]
        try:
            if code and not hasattr(value := eval(code, self.names), "__await__"):  # noqa: S307
                return {"not_awaitable": type(value).__name__, "is_stream": hasattr(value, "__aiter__")}
            trips = Trips(value if code else call())
            start = CLOCK()
            await trips
            seconds = CLOCK() - start
        except BaseException as error:  # noqa: BLE001
            return failure_of(error)
        return {"seconds": seconds, "trips": trips.count, "uncounted": self.why_uncounted()}

    def rest(self) -> Answer:
        """Do nothing for a while, and return how late the loop is, and what other threads use."""
        return self.run(self.listen(LISTENING))

    async def listen(self, seconds: float) -> Answer:
        """Return the part of a processor that threads other than this one use."""
        start, used = CLOCK(), time.process_time() - time.thread_time()
        await asyncio.sleep(seconds)
        return {"others": (time.process_time() - time.thread_time() - used) / (CLOCK() - start)}

    def repeat(self, index: int, seconds: float) -> Answer:
        """Await a call again and again; without an index what does nothing at all."""
        return self.run(self.await_often(nothing if index < 0 else self.calls[index][0], seconds))

    async def await_often(self, call: Callable[[], Any], seconds: float) -> Answer:
        """Return how long calls take, one after another."""
        times: list[float] = []
        end = CLOCK() + seconds
        own, total = time.thread_time(), time.process_time()
        while (start := CLOCK()) < end or len(times) < 3:
            await call()
            times.append(CLOCK() - start)
            # A call that never waits would leave no turn to anything else; after one turn, a timer that has become due
            # would still come after the next call.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        own, total = time.thread_time() - own, time.process_time() - total
        return {**quantiles(times), "cpu": own / len(times), "process": total / len(times)}

    def load_up(self, index: int, count: int, seconds: float) -> Answer:
        """Let a number of tasks await calls again and again."""
        return self.run(self.await_many(index, count, seconds))

    async def await_many(self, index: int, count: int, seconds: float) -> Answer:
        """Return what some tasks get done, each one call after another."""
        call, times, errors = self.calls[index][0], [], []
        own, total, begin = time.thread_time(), time.process_time(), CLOCK()
        end = begin + seconds

        async def work() -> None:
            while (start := CLOCK()) < end:
                try:
                    await call()
                except Exception as error:  # noqa: BLE001
                    errors.append(describe(error))
                    return
                times.append(CLOCK() - start)
                await asyncio.sleep(0)

        await asyncio.gather(*(work() for _ in range(count)))
        elapsed = CLOCK() - begin
        failures = {"failures": len(errors), "failure": errors[0] if errors else None}
        use = {"own": (time.thread_time() - own) / elapsed, "all": (time.process_time() - total) / elapsed}
        return {**quantiles(times or [0.0]), "count": len(times), "elapsed": elapsed, **use, **failures}

    def cancel(self, index: int, points: list[float], grace: float, seconds: float) -> Answer:
        """Cancel a call at some points in time after it has begun."""
        return self.run(self.cancel_at(index, points, grace, seconds))

    async def cancel_at(self, index: int, points: list[float], grace: float, seconds: float) -> Answer:
        """Return what became of each call, up to one that runs on."""
        with self.marked():
            attempts = []
            for point in points:
                attempts.append(await self.cancel_once(index, point, grace, seconds))
                if attempts[-1]["outcome"] == "runs on":
                    break
        return {"attempts": attempts}

    async def cancel_once(self, index: int, point: float, grace: float, seconds: float) -> Answer:
        """Return what became of a call that was cancelled, and what goes on afterwards."""
        before, begin = self.count_running(), CLOCK()
        task = self.begin(index)
        known = set(self.begun)
        await asyncio.sleep(point)
        if task.done():
            return {"outcome": "over" if task.cancelled() or not task.exception() else "fails", "point": point}
        lost, start = self.delay(), CLOCK()
        task.cancel()
        await asyncio.wait({task}, timeout=grace)
        elapsed = max(0.0, CLOCK() - start - (self.delay() - lost))
        answer = {"point": point, "seconds": elapsed, **outcome_of(task)}
        if not task.done():
            # It gets as long as it would have taken, so that it is not there any more afterwards.
            await asyncio.wait({task}, timeout=2 * seconds)
            return {**answer, "late": CLOCK() - start if task.done() else None}
        await asyncio.sleep(SETTLING)
        answer["tasks"] = [name_of(part) for part in set(self.begun) - known - {task} if not part.done()]
        answer["running"] = None if before is None else (self.count_running() or 0) - before
        answer["others"] = (await self.listen(min(LISTENING, max(seconds - point - SETTLING, 0.02))))["others"]
        if answer["tasks"] or answer["running"] or answer["others"] > LITTLE:
            # What goes on is not to be taken for that of the next call.
            await asyncio.sleep(max(0.0, min(LONGEST, begin + 2 * seconds - CLOCK())))
        return answer

    def count_running(self) -> int | None:
        """Return how much work goes on, by the expression that says so."""
        # What the module's names are bound to may have changed.
        names = {**self.names, **vars(sys.modules.get(self.module, sys))}
        return int(eval(self.running, names)) if self.running else None  # noqa: S307

    def why_uncounted(self) -> str | None:
        """Return what is wrong with the expression that says how much work goes on."""
        try:
            self.count_running()
        except Exception as error:  # noqa: BLE001
            return describe(error)
        return None

    def begin(self, index: int) -> Task[Any]:
        """Begin a call in a task whose own tasks are known as such."""
        context = contextvars.copy_context()
        context.run(IS_CALL.set, True)
        return context.run(self.loop.create_task, self.calls[index][0]())

    def marked(self) -> Marker:
        """Return what keeps the tasks that belong to calls."""
        return Marker(self.loop, self.begun)

    def time_out(self, index: int, limit: float) -> Answer:
        """Await a call with a time limit."""
        return self.run(self.await_within(index, limit))

    async def await_within(self, index: int, limit: float) -> Answer:
        """Return what became of a call with a time limit."""
        lost, start = self.delay(), CLOCK()
        outcome = "returns"
        try:
            # Python 3.10 has no `asyncio.timeout`.
            if hasattr(asyncio, "timeout"):
                async with asyncio.timeout(limit):
                    await self.calls[index][0]()
            else:
                await asyncio.wait_for(self.calls[index][0](), limit)
        except (TimeoutError, asyncio.TimeoutError):  # noqa: UP041  (another class in Python 3.10)
            outcome = "TimeoutError"
        except Exception as error:  # noqa: BLE001
            outcome = describe(error)
        elapsed = CLOCK() - start
        return {"outcome": outcome, "seconds": max(min(limit, elapsed), elapsed - (self.delay() - lost))}

    def pile_up(self, index: int, count: int, seconds: float, batches: int, growth: tuple[int, int]) -> Answer:
        """Begin many calls at once, again and again, and weigh the memory."""
        # Not watched: lags that are kept would be objects, too.
        return self.loop.run_until_complete(self.await_batches(index, count, seconds, batches, growth))

    async def await_batches(
        self, index: int, count: int, seconds: float, batches: int, growth: tuple[int, int]
    ) -> Answer:  # fmt: skip
        """Return the memory of calls that wait, and the memory after each batch."""
        call, pending, each = self.calls[index][0], 0, 0.0
        sizes: list[tuple[int, int]] = []
        gc.collect()
        end = CLOCK() + MOST_SECONDS
        for batch in range(batches):
            if batch >= BATCHES and (is_flat(sizes, growth) or CLOCK() > end):
                break
            before = resident() or 0
            tasks = [self.loop.create_task(call()) for _ in range(count)]
            await asyncio.sleep(seconds / 3)
            waiting = sum(not task.done() for task in tasks)
            if not batch and waiting > count / 2:
                pending, each = waiting, ((resident() or 0) - before) / waiting
            results = await asyncio.gather(*tasks, return_exceptions=True)
            errors = [result for result in results if isinstance(result, BaseException)]
            if errors:
                return {"failures": len(errors), "failure": describe(errors[0])}
            del tasks, results
            await asyncio.sleep(0)
            gc.collect()
            # What allocators keep for later is not lost.
            trim()
            sizes.append((resident() or 0, sys.getallocatedblocks()))
        return {"pending": pending, "each": each, "sizes": sizes, "count": count, "failures": 0}

    def leave(self, index: int, count: int, seconds: float) -> Answer:
        """Make some calls one after another, and return the tasks and threads that are there afterwards."""
        return self.run(self.look_behind(index, count, seconds))

    async def look_behind(self, index: int, count: int, seconds: float) -> Answer:
        """Return the tasks and threads that some calls have begun and that are still there."""
        known, threads = set(self.begun), set(threading.enumerate())
        with self.marked():
            for _ in range(count):
                await asyncio.wait({task := self.begin(index)})
                task.exception()
                del task
            # What one call has begun may take as long as the call.
            await asyncio.sleep(SETTLING + seconds)
        tasks = [name_of(task) for task in set(self.begun) - known if not task.done()]
        alive = [thread for thread in threading.enumerate() if thread not in threads and thread.is_alive()]
        return {"tasks": tasks, "threads": [(thread.name, thread.daemon) for thread in alive], "count": count}

    def finish(self) -> Answer:
        """Return what is left, and what nobody has handled; and how busy other processes were."""
        gc.collect()
        threads = [
            (thread.name, thread.daemon) for thread in threading.enumerate() if thread not in self.threads
        ]  # fmt: skip
        busy = processors_busy()
        others = None if busy is None or self.busy is None else (busy - self.busy) / max(CLOCK() - self.started, 1e-9)
        return {"complaints": self.complaints, "threads": threads, "native": native_threads(), "busy": others}

    def script(self, path: str, arguments: list[str]) -> Answer:
        """Run a script as `python` does, or the first call as a program, and watch its event loops."""
        runs: list[Answer] = []
        start = CLOCK()
        watch_loops(self.limit, runs, start)
        code = None
        try:
            if path:
                sys.argv[:] = [path, *arguments]
                sys.path[:] = [os.path.dirname(os.path.abspath(path)), *_own]  # noqa: PTH100, PTH120
                runpy.run_path(path, run_name="__main__")
            else:
                asyncio.run(self.calls[0][0]())
        except SystemExit as error:
            code = None if error.code is None or error.code == 0 else repr(error.code)
        return {"runs": runs, "elapsed": CLOCK() - start, "code": code}


class Trips:
    """An awaitable that counts how often another one lets the loop do something else."""

    def __init__(self, awaitable: Any) -> None:
        self.awaitable, self.count = awaitable, 0

    def __await__(self) -> Generator[Any, Any, Any]:
        """Pass on what the other one waits for, and to it what is raised there: a cancellation may be its own."""
        steps = self.awaitable.__await__()
        raised: BaseException | None = None
        while True:
            try:
                if raised and hasattr(steps, "throw"):
                    future = steps.throw(raised)
                elif raised:
                    raise raised
                else:
                    # A coroutine of an extension may have `send` only.
                    future = steps.send(None) if hasattr(steps, "send") else next(steps)
            except StopIteration as end:
                return end.value
            self.count += 1
            try:
                raised = None
                yield future
            except BaseException as error:  # noqa: BLE001
                raised = error


class Marker:
    """Keeps the tasks that belong to calls, as long as it lasts."""

    def __init__(self, loop: AbstractEventLoop, begun: weakref.WeakSet[Task[Any]]) -> None:
        self.loop, self.begun = loop, begun

    def __enter__(self) -> None:
        """Begin."""
        self.loop.set_task_factory(self.make)

    def __exit__(self, *_: object) -> None:
        """End."""
        self.loop.set_task_factory(None)

    def make(self, loop: AbstractEventLoop, work: Any, **options: Any) -> Task[Any]:
        """Make a task."""
        task: Task[Any] = asyncio.Task(work, loop=loop, **options)
        if IS_CALL.get():
            self.begun.add(task)
        return task


def is_flat(sizes: list[tuple[int, int]], growth: tuple[int, int]) -> bool:
    """Return whether memory has grown little in one of the last two batches."""
    pairs = list(zip(sizes[-3:], sizes[-2:], strict=False))
    return all(min(after[key] - before[key] for before, after in pairs) <= growth[key] for key in (0, 1))


async def nothing() -> None:
    """Do nothing."""


def new_loop(name: str) -> AbstractEventLoop:
    """Return a loop of asyncio, or of another library."""
    return asyncio.new_event_loop() if name == "asyncio" else importlib.import_module(name).new_event_loop()


def quantiles(times: list[float]) -> Answer:
    """Return the usual time, and those that few calls exceed."""
    ordered = sorted(times[:MOST_TIMES])
    last = len(ordered) - 1
    median, p99 = (ordered[int(part * last)] for part in (0.5, 0.99))
    return {"number": len(times), "median": median, "p99th": p99, "longest": ordered[-1]}


def outcome_of(task: Task[Any]) -> Answer:
    """Return how a task ended that was cancelled."""
    if not task.done():
        return {"outcome": "runs on"}
    if task.cancelled():
        return {"outcome": "cancelled"}
    if error := task.exception():
        return {"outcome": "raises", "text": describe(error)}
    return {"outcome": "returns"}


def name_of(task: Task[Any]) -> str:
    """Return the name of the coroutine that a task runs."""
    work = task.get_coro()
    return getattr(work, "__qualname__", type(work).__name__)


def native_threads() -> list[str]:
    """Return the names of the system's threads of this process, but for those of Python."""
    known = {str(thread.native_id) for thread in threading.enumerate()}
    names: list[str] = []
    with suppress(OSError):
        tasks = [task for task in Path("/proc/self/task").iterdir() if task.name not in known]
        names += [(task / "comm").read_text(encoding="utf-8").strip() for task in tasks]
    return sorted(names)


def watch_loops(limit: float, runs: list[Answer], begin: float) -> None:
    """Watch each loop of asyncio, and of uvloop, as long as it runs in the main thread."""
    classes: list[Any] = [asyncio.BaseEventLoop]
    with suppress(ImportError):
        classes.append(importlib.import_module("uvloop").Loop)
    for cls in classes:
        cls.run_forever = watched(cls.run_forever, limit, runs, begin)


def watched(original: Any, limit: float, runs: list[Answer], begin: float) -> Any:
    """Return a `run_forever` that watches the loop."""

    def run_forever(self: AbstractEventLoop) -> None:
        if threading.current_thread() is not threading.main_thread() or len(runs) >= 100:
            original(self)
            return
        start = CLOCK()
        watch = Watch(self, limit, __file__)
        try:
            with watch:
                original(self)
                left = [name_of(task) for task in asyncio.all_tasks(self) if not task.done()]
        finally:
            runs.append({"start": start - begin, "seconds": CLOCK() - start, **watch.result()})
        runs[-1]["left"] = left

    return run_forever
