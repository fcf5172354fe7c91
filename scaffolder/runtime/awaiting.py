"""Let child processes await calls on event loops, whatever becomes of them, and what was seen of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from scaffolder.errors import UsageError
from scaffolder.machine.children import ChildError
from scaffolder.runtime.calls import LibraryError, Runner, Target, refuse_unknown
from scaffolder.runtime.holds import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Show = Callable[[str], AbstractContextManager[object]]
    Cause = Literal["computes", "waits", "another thread", "garbage collection", "many steps", "unknown"]
    Answer = dict[str, Any]

SESSION = Path(__file__).parent / "child/awaiting.py"
# The part of a time from which a thread counts as busy in it.
BUSY = 0.5
# Seconds a call must take so that it can be cancelled while it waits, timed out, or pile up.
CANCELLABLE, LONG = 0.004, 0.02
# When calls are cancelled, as parts of the time that they take; and how long they get to end, in seconds.
POINTS, GRACE = (0.0, 0.25, 0.5, 0.75), 2.0
# The part of its time after which a call gets a timeout.
HALF = 0.3
# Calls that take longer are made fewer times, to see what they leave behind.
MOST_LEAVING, BUDGET = 10, 2.0
# How many calls at once are enough to see whether memory grows.
PILE = 1000
# Up to how many tasks it is found out what is done at once, and how many seconds many calls may take.
FEW, MOST_SECONDS = 10, 10.0
# How many batches of calls show whether memory grows, and the bytes and objects up to which it does not.
MOST_BATCHES, GROWTH, OBJECTS = 16, 300_000, 50


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        target: The function's module.
        expressions: The calls.
        makes: What makes the objects in them, by name.
        counts: How many tasks call at once.
        limit: How many seconds a turn of the loop may be late.
        seconds: How long to measure each call.
        loops: The loops by name; those after the first may be missing.
        running: What says how much work goes on.
        cancels: Whether calls may be cancelled.
        timeout: How long a call may take.
    """

    target: Target
    expressions: tuple[str, ...]
    makes: dict[str, str]
    counts: tuple[int, ...]
    limit: float
    seconds: float
    loops: tuple[str, ...]
    running: str | None
    cancels: bool
    timeout: float

    @property
    def details(self) -> Answer:
        """What a child needs to know."""
        return {"calls": self.expressions, "makes": self.makes, "limit": self.limit, "running": self.running}


@dataclass(frozen=True)
class Window:
    """A time in which the loop was late.

    Attributes:
        start: When, in seconds from the start.
        lag: How late it was, without the time for which its thread had no processor.
        cause: Why.
        stack: Where the thread was that kept it, the innermost place first.
        thread: The name of that thread, if it is not the loop's.
    """

    start: float
    lag: float
    cause: Cause
    stack: tuple[Place, ...]
    thread: str | None = None

    @classmethod
    def read(cls, seen: Answer) -> Self:
        """Read one from JSON."""
        own = seen["lag"] - seen["lost"]
        cause = cause_of(seen, own)
        other = seen["other"] if cause == "another thread" else None
        stack = tuple(Place(*place) for place in (other or seen)["stack"])
        return cls(seen["start"], own, cause, stack, other["name"] if other else None)

    @property
    def place(self) -> Place | None:
        """The innermost place."""
        return self.stack[0] if self.stack else None


def cause_of(seen: Answer, own: float) -> Cause:
    """Return why a loop was late for some seconds."""
    if seen["pause"] > own * BUSY:
        return "garbage collection"
    is_one_step = bool(seen["stack"]) and (seen["is_step"] or seen["looks"] == 1)
    if seen["cpu"] >= own * BUSY:
        return "computes" if is_one_step else "many steps"
    # Who has the GIL and waits for a processor keeps the loop as well, which is the machine's fault.
    if seen["unseen"] >= own * BUSY and own - seen["delay"] < seen["limit"]:
        return "unknown"
    other = seen["other"]
    # A thread that has the GIL lets no other one look; where it lets others in, the loop's place changes.
    held = seen["held"] >= own * BUSY or not seen["stack"] or not seen["is_same"]
    # The time in which it had no processor is none in which it could be busy.
    if other and other["cpu"] >= max(own - other["delay"], own / 10) * BUSY and held:
        return "another thread"
    if is_one_step and (seen["is_same_code"] or seen["held"] >= own * BUSY):
        return "waits"
    return "many steps" if seen["looks"] > 1 and seen["total"] >= own * BUSY else "unknown"


@dataclass(frozen=True)
class Lag:
    """How late a loop was.

    Attributes:
        largest: The largest lag.
        p99: What one turn in a hundred exceeds.
        points: Lags over time.
        windows: When it was late for longer than is allowed.
    """

    largest: float
    p99: float
    points: tuple[tuple[float, float], ...]
    windows: tuple[Window, ...]

    @classmethod
    def read(cls, answer: Answer) -> Self:
        """Read it from an answer."""
        windows = tuple(Window.read(seen) for seen in answer["windows"])
        return cls(answer["largest"], answer["p99"], tuple(map(tuple, answer["lags"])), windows)


@dataclass
class Awaited:
    """What was seen of a call on a loop; what is none was not tried.

    Attributes:
        expression: The call.
        loop: The loop's name.
        seconds: How long a call takes, as the first one did, and then as most do.
        trips: How often it lets the loop do something else.
        lag: How late the loop was while one call after the other was awaited.
        single: What was measured meanwhile.
        loads: What was measured with several tasks, by their number.
        cancelled: What became of calls that were cancelled.
        timed_out: What became of a call with a time limit, and the limit.
        left: What calls left behind.
        pile: The memory of many calls at once.
        error: What it raises, or how it ended.
    """

    expression: str
    loop: str
    seconds: float = 0.0
    trips: int = 0
    lag: Lag | None = None
    single: Answer = field(default_factory=dict)
    loads: dict[int, Answer] = field(default_factory=dict)
    cancelled: list[Answer] | None = None
    timed_out: tuple[float, Answer] | None = None
    left: Answer | None = None
    pile: Answer | None = None
    error: str | ChildError | None = None

    @property
    def blocks(self) -> bool:
        """Whether something in it kept the loop."""
        return any(window.cause in {"computes", "waits"} for window in self.lag.windows) if self.lag else False

    def predict(self, count: int) -> float:
        """Return the seconds that some calls at once take, by what was measured so far."""
        known = {tasks: load for tasks, load in self.loads.items() if load["count"]}
        if not known:
            return self.seconds * (count if self.blocks else 1)
        tasks, load = max(known.items())
        return float(load["p99th"]) * (count / tasks if load["p99th"] > 2 * self.seconds else 1)

    @property
    def is_settled(self) -> bool:
        """Whether it ends as it should when it is cancelled, as far as was tried."""
        return all(attempt["outcome"] in {"cancelled", "over"} for attempt in self.cancelled or ())


@dataclass
class LoopRun:
    """A loop, and what was seen on it.

    Attributes:
        loop: Its name.
        facts: What is known of the Python.
        rest: How late it is when nothing runs.
        noop: What awaiting nothing costs.
        calls: What was seen of each call.
        end: What was left in the end.
    """

    loop: str
    facts: Answer
    rest: Lag | None = None
    others: float = 0.0
    noop: Answer = field(default_factory=dict)
    calls: list[Awaited] = field(default_factory=list)
    end: Answer = field(default_factory=dict)


@dataclass(frozen=True)
class ProgramRun:
    """A script, or a call that was run as a program.

    Attributes:
        facts: What is known of the Python.
        seconds: How long it took.
        code: What it passed to `sys.exit`, if that means a failure.
        lags: How late its loops were, each with when it began.
        left: The tasks that had not ended when its first loop was done.
        end: What was left in the end.
    """

    facts: Answer
    seconds: float
    code: str | None
    lags: tuple[tuple[float, Lag], ...]
    left: tuple[str, ...]
    end: Answer

    @property
    def windows(self) -> list[Window]:
        """When a loop was late, from the start of the program."""
        return [window for _, lag in self.lags for window in lag.windows]


def profile_calls(plan: Plan, python: Path, show: Show) -> list[LoopRun]:
    """Measure calls on each loop.

    Raises:
        UsageError: There is no such module, function, library or name, an object can't be made, or a call returns
            nothing that can be awaited.
        ScaffolderError: The module can't be imported.
    """
    runs = []
    for number, loop in enumerate(plan.loops):
        try:
            with Runner(plan.target, python, plan.timeout, SESSION, {**plan.details, "loop": loop}) as runner:
                runs.append(LoopRun(loop, runner.versions))
                measure_loop(runner, plan, runs[-1], show)
        except LibraryError:
            if not number or len(plan.loops) == 1:
                raise
    return runs


def measure_loop(runner: Runner, plan: Plan, run: LoopRun, show: Show) -> None:
    """Measure what nothing costs on a loop, then all calls."""
    prepare(runner, plan)
    with show(f"Measuring {run.loop} with nothing to do"):
        answer = runner.ask("rest")
        run.rest, run.others = Lag.read(answer), answer["others"]
        run.noop = runner.ask("repeat", index=-1, seconds=min(plan.seconds, 0.2))
    for index, expression in enumerate(plan.expressions):
        run.calls.append(Awaited(expression, run.loop))
        try:
            measure_call(runner, plan, run.calls[-1], index, show)
        except ChildError as error:
            run.calls[-1].error = error
            if index + 1 < len(plan.expressions):
                prepare(runner, plan)
    try:
        run.end = runner.ask("finish")
    except ChildError as error:
        run.calls[-1].error = run.calls[-1].error or error


def prepare(runner: Runner, plan: Plan) -> None:
    """Make the objects for calls.

    Raises:
        UsageError: One can't be made.
    """
    try:
        answer = runner.ask("prepare")
    except ChildError as error:
        raise UsageError(f"the objects of `--make` can't be made: it {error.message}", "try them alone") from error
    if "unmade" in answer:
        name = answer["unmade"]
        message = f"`--make {name}={plan.makes[name]}` fails: {answer['text']}"
        raise UsageError(message, "it may use the names of the module and the objects before it, and `await`")


def measure_call(runner: Runner, plan: Plan, call: Awaited, index: int, show: Show) -> None:
    """Measure a call in all ways."""
    text, seconds, longest = f"{call.expression} on {call.loop}", plan.seconds, runner.timeout
    with show(f"Awaiting {text}"):
        if not examine(runner, plan, call, index):
            return
        answer = runner.ask("repeat", longest + seconds + 3 * call.seconds, index=index, seconds=seconds)
    call.lag, call.single, call.seconds = Lag.read(answer), answer, answer["median"]
    count = max(1, min(MOST_LEAVING, int(BUDGET / max(call.seconds, 1e-6))))
    with show(f"Looking what {text} leaves behind"):
        call.left = runner.ask("leave", longest * count, index=index, count=count, seconds=min(call.seconds, BUDGET))
    if plan.cancels and call.trips:
        with show(f"Cancelling {text}"):
            cancel(runner, call, index)
    for count in plan.counts:
        # Memory is weighed once it is known how much is done at once, and before there is too much of it.
        if call.pile is None and count > FEW:
            pile_up(runner, plan, call, index, show)
        if call.predict(count) <= MOST_SECONDS:
            with show(f"Awaiting {text} in {count:,} tasks"):
                request = {"index": index, "count": count, "seconds": seconds / 2}
                call.loads[count] = runner.ask("load_up", longest + MOST_SECONDS + seconds, **request)
    if call.pile is None:
        pile_up(runner, plan, call, index, show)


def pile_up(runner: Runner, plan: Plan, call: Awaited, index: int, show: Show) -> None:
    """Let many calls begin at once, as many as do not take too long."""
    count = min(PILE, max(plan.counts))
    while count > 1 and call.predict(count) > MOST_SECONDS / 5:
        count //= 2
    with show(f"Piling up {call.expression} on {call.loop}"):
        request: Answer = {"index": index, "count": count, "seconds": min(call.seconds, BUDGET)}
        request |= {"batches": MOST_BATCHES, "growth": [GROWTH, OBJECTS]}
        call.pile = runner.ask("pile_up", 5 * runner.timeout + 3 * MOST_SECONDS, **request)


def examine(runner: Runner, plan: Plan, call: Awaited, index: int) -> bool:
    """Make a call once, and return whether it works.

    Raises:
        UsageError: It returns nothing that can be awaited, or what counts the work that goes on fails.
    """
    answer = runner.ask("examine", index=index)
    if "not_awaitable" in answer:
        message = f"`{call.expression}` returns an object of type `{answer['not_awaitable']}`, which can't be awaited"
        hint = "await its next item: `--call 'anext(aiter(f()))'`" if answer["is_stream"] else "name an async function"
        raise UsageError(message, hint)
    if "error" in answer:
        refuse_unknown("--call", call.expression, plan.makes, answer["unknown"])
        call.error = answer["error"]
        return False
    if answer["uncounted"]:
        message = f"`--running {plan.running}` fails: {answer['uncounted']}"
        raise UsageError(message, "it may use the names of the module and the objects of `--make`, and is a number")
    call.seconds, call.trips = answer["seconds"], answer["trips"]
    return True


def cancel(runner: Runner, call: Awaited, index: int) -> None:
    """Cancel a call at some points, and let one run out of time."""
    parts = POINTS if call.seconds >= CANCELLABLE else POINTS[:1]
    request = {"points": [part * call.seconds for part in parts], "grace": GRACE, "seconds": call.seconds}
    longest = runner.timeout + 8 * GRACE + 8 * call.seconds
    call.cancelled = runner.ask("cancel", longest, index=index, **request)["attempts"]
    if call.seconds >= LONG and call.is_settled and not call.blocks:
        limit = HALF * call.seconds
        call.timed_out = limit, runner.ask("time_out", longest, index=index, limit=limit)


def profile_program(plan: Plan, script: Path | None, arguments: list[str], python: Path) -> ProgramRun:
    """Run a script, or the first call as a program, and watch its loops.

    Raises:
        UsageError: There is no such module or function.
        ScaffolderError: The module can't be imported.
        ChildError: The program raises an exception, crashes, or does not end.
    """
    with Runner(plan.target, python, plan.timeout, SESSION, {**plan.details, "loop": "asyncio"}) as runner:
        answer = runner.ask("script", path=str(script or ""), arguments=arguments)
        end = runner.ask("finish")
        lags = tuple((run["start"], Lag.read(run)) for run in answer["runs"])
        left = tuple(answer["runs"][0].get("left", ())) if answer["runs"] else ()
        return ProgramRun(runner.versions, answer["elapsed"], answer["code"], lags, left, end)
