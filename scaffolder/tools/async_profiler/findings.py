"""What is to be said about calls that are awaited, and where it is explained."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from scaffolder.errors import listing
from scaffolder.measurements import describe_end, find_debug_builds
from scaffolder.runtime.awaiting import GROWTH, MOST_BATCHES, OBJECTS
from scaffolder.runtime.places import code_of, name_of, trace_of
from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Finding, by_level, reference
from scaffolder.tools.async_profiler.tables import counted, group, rate_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.runtime.awaiting import Awaited, Lag, LoopRun, ProgramRun, Window

SKILL = "pyo3-async-embedded-wasm"
# The part of calls that must keep the loop so that it is their way, and how many rare ones are worth a note.
OFTEN, SOME = 0.02, 2
# The part of a processor that other threads use when they compute, and when they do not.
COMPUTES, IDLE = 0.1, 0.03
# The part of a processor that other processes may use before they disturb.
BUSY = 0.5
# Seconds for which a thread keeps the GIL that need not happen again.
MUCH = 0.1
# How much more 10 tasks should get done than one, and how long a call must take that this is looked at.
GAIN, LATENCY = 1.5, 0.003
# The part of calls that each leave something behind, so that it is their way.
PART = 0.9
# Seconds within which a call that was cancelled should end.
PROMPT = 0.05


def find(runs: Sequence[LoopRun], program: ProgramRun | None, limit: float) -> tuple[Finding, ...]:
    """Return the findings, the most serious first."""
    findings: list[Finding] = []
    for run in runs:
        # What a loop before has shown is said once.
        known = {(finding.id, finding.where) for finding in findings}
        findings += [finding for finding in find_all(run, limit) if (finding.id, finding.where) not in known]
    ends = [*(run.end for run in runs), *([program.end] if program else [])]
    findings += find_busy([end.get("busy") or 0.0 for end in ends])
    if program:
        findings += find_program(program)
    return by_level(findings)


def find_all(run: LoopRun, limit: float) -> Iterator[Finding]:
    """Yield what is to be said about a loop and the calls on it."""
    yield from find_debug_builds(run.facts["debug"])
    yield from find_doubts(run, limit)
    is_quiet = is_quiet_enough(run, limit)
    for call in run.calls:
        findings = [*find_end(call, limit), *find_windows(call, run, is_quiet=is_quiet)]
        findings += [
            *find_cancelled(call, run, limit, is_quiet=is_quiet),
            *find_left(call),
            *find_loads(call, run, limit),
        ]
        yield from findings
        if call.error or any(part.level == "warning" for part in findings):
            continue
        if call.lag and call.lag.largest >= limit:
            message = f"{call.loop} was up to {time_of(call.lag.largest)} late meanwhile; why can't be told"
            yield Finding("late", "note", message, call.expression, fix="measure again when the machine is quiet")
        else:
            lag = time_of(call.lag.largest if call.lag else 0.0)
            message = f"it keeps {call.loop} for {lag} at most, ends when it is cancelled, and leaves nothing behind"
            yield Finding("awaits-well", "ok", message, call.expression)
    yield from find_ends(run.end)


def is_quiet_enough(run: LoopRun, limit: float) -> bool:
    """Return whether a loop with nothing to do was never late."""
    return run.rest is not None and run.rest.largest < limit / 2


def find_doubts(run: LoopRun, limit: float) -> Iterator[Finding]:
    """Yield what makes the measurement worth little."""
    if run.rest and not is_quiet_enough(run, limit):
        message = f"a loop with nothing to do was {time_of(run.rest.largest)} late: too disturbed to tell short waits"
        fix = "measure again when the machine is quiet, or with a longer `--limit`"
        cause = "what depends on short times is not judged"
        yield Finding("too-disturbed", "warning", message, run.loop, fix=fix, cause=cause)


def find_busy(busy: Sequence[float]) -> Iterator[Finding]:
    """Yield that other processes were busy."""
    if max(busy, default=0.0) > BUSY:
        message = f"other processes kept {max(busy):.1f} processors busy meanwhile"
        fix = "calls a second are fewer for it; waits for a processor are not counted as lag on Linux"
        yield Finding("busy-machine", "note", message, fix=fix)


def find_end(call: Awaited, limit: float) -> Iterator[Finding]:
    """Yield a call that raises, crashes or hangs."""
    if isinstance(call.error, str):
        yield Finding("call-raises", "error", f"`{call.expression}` raises {call.error}")
    elif call.error:
        page = reference(SKILL, "deadlines")
        yield describe_end(
            f"`{call.expression}` on {call.loop}", call.error, "raise `--timeout`, or let it do less", page
        )
    elif not call.trips and call.single and call.single["median"] < limit:
        message = "it never waits: it can be neither cancelled nor timed out, and others run only after it"
        yield Finding("never-waits", "ok", message, call.expression, reference=reference(SKILL, "which-async"))


def find_windows(call: Awaited, run: LoopRun, *, is_quiet: bool) -> Iterator[Finding]:
    """Yield what keeps the loop while a call is awaited."""
    windows = call.lag.windows if call.lag else ()
    noise = run.rest.largest if run.rest and not is_quiet else 0.0
    for spot in group(window for window in windows if window.cause == "computes" or window.lag > 5 * noise):
        number, cause = call.single["number"], spot[0].cause
        if cause in {"computes", "waits"}:
            if len(spot) >= max(1, OFTEN * number) and (len(spot) > 1 or number <= 3):
                yield describe_block(spot, call.expression)
            elif len(spot) >= SOME:
                yield Finding("rarely-blocks", "note", f"{len(spot)} of {number:,} calls kept the loop for up to "
                              f"{longest(spot)}, at `{code_of(spot[0].place)}`", call.expression,
                              reference=reference(SKILL, "blocking"))  # fmt: skip
        elif cause == "another thread" and (len(spot) >= SOME or spot[0].lag > MUCH):
            yield describe_held(spot, call.expression)


def longest(spot: Sequence[Window]) -> str:
    """Return the longest time of some."""
    return time_of(max(window.lag for window in spot))


def describe_block(spot: Sequence[Window], where: str | None) -> Finding:
    """Return the finding about a place that keeps the loop."""
    window = max(spot, key=lambda part: part.lag)
    verb = "waits" if window.cause == "waits" else "computes"
    code = f"`{code_of(window.place)}`" if code_of(window.place) else "a call"
    times = f", {len(spot)} times" if len(spot) > 1 else ""
    message = f"{code} {verb} on the loop's thread for up to {longest(spot)}{times}: nothing else runs meanwhile"
    fix = "call what is there to be awaited, or `await asyncio.to_thread(...)`; in Rust `spawn_blocking`"
    if verb == "computes":
        fix = "let a thread compute, detached: `await asyncio.to_thread(...)`; in Rust `spawn_blocking` or rayon"
    return Finding(
        "blocks-loop", "warning", message, where, trace_of(window.stack), fix, reference(SKILL, "blocking")
    )  # fmt: skip


def describe_held(spot: Sequence[Window], where: str | None) -> Finding:
    """Return the finding about a thread that has the GIL while the loop wants it."""
    window = max(spot, key=lambda part: part.lag)
    times = f", {len(spot)} times" if len(spot) > 1 else ""
    message = f"thread `{window.thread}` keeps the GIL: the loop stands still for up to {longest(spot)}{times}"
    fix = "detach in what it calls: `py.detach(|| ...)`; measure it: `pyo3-new tool gil_profiler`"
    page = reference("pyo3-performance-gil-parallel", "detaching")
    return Finding("gil-held", "warning", message, where, trace_of(window.stack) or None, fix, page)


def find_cancelled(call: Awaited, run: LoopRun, limit: float, *, is_quiet: bool) -> Iterator[Finding]:
    """Yield what calls do that are cancelled or time out."""
    attempts = [attempt for attempt in call.cancelled or () if attempt["outcome"] not in {"over", "fails"}]
    page, where = reference(SKILL, "cancellation"), call.expression
    kinds = {attempt["outcome"]: attempt for attempt in attempts}
    if "runs on" in kinds:
        yield describe_ignored(kinds["runs on"], where, page)
    if attempts and set(kinds) == {"returns"}:
        slow = min(attempt["seconds"] for attempt in attempts)
        message = f"it swallows the cancellation: it returned a result, {time_of(slow)} or more after `task.cancel()`"
        fix = "raise `CancelledError` again; in Rust drop the future when its awaitable is cancelled"
        yield Finding("cancel-swallowed", "warning", message, where, counts_of(attempts), fix, page)
    elif attempts and set(kinds) == {"raises"}:
        message = f"cancelled, it raises {kinds['raises']['text']}, and not `CancelledError`"
        fix = "let `CancelledError` pass: `except Exception` does, a bare `except` does not"
        yield Finding("cancel-raises", "warning", message, where, counts_of(attempts), fix, page)
    elif is_quiet and attempts and set(kinds) == {"cancelled"}:
        # Where it is in the end already, one that is cancelled ends soon.
        usual = sorted(attempt["seconds"] for attempt in attempts)[(len(attempts) - 1) // 2]
        if usual >= max(limit, PROMPT):
            message = f"cancelled, it ends only after {time_of(usual)}, of {time_of(call.seconds)} that it takes"
            fix = "wait in what can be cancelled; await no more than what must be tidied up"
            yield Finding("cancel-late", "warning", message, where, counts_of(attempts), fix, page)
    yield from find_work(attempts, call, run)
    if call.timed_out and call.timed_out[1]["outcome"] != "TimeoutError":
        asked, answer = call.timed_out
        message = f"with a timeout of {time_of(asked)} it took {time_of(answer['seconds'])}: {answer['outcome']}"
        yield Finding("timeout-ignored", "warning", message, where, reference=reference(SKILL, "deadlines"))


def describe_ignored(attempt: dict[str, Any], where: str, page: str) -> Finding:
    """Return the finding about a call that goes on when it is cancelled."""
    late = f"ended {time_of(attempt['late'])} after it" if attempt["late"] else "had not ended after twice its time"
    message = f"it ignores `task.cancel()`: it was still running {time_of(attempt['seconds'])} later, and {late}"
    fix = "do not catch `CancelledError` in a loop; in Rust drop the future when its awaitable is cancelled"
    return Finding("cancel-ignored", "warning", message, where, fix=fix, reference=page)


def counts_of(attempts: Sequence[dict[str, Any]]) -> str:
    """Return when calls were cancelled, and when they ended."""
    return "\n".join(
        f"cancelled after {time_of(attempt['point'])}: {attempt['outcome']} {time_of(attempt['seconds'])} later"
        for attempt in attempts
    )


def find_work(attempts: Sequence[dict[str, Any]], call: Awaited, run: LoopRun) -> Iterator[Finding]:
    """Yield what goes on after all calls that ended early because they were cancelled."""
    ended = [attempt for attempt in attempts if attempt["outcome"] != "runs on"]
    # What is cancelled at once may have begun nothing, and in the end there is little left to go on.
    early = [attempt for attempt in ended if 0 < attempt["point"] < 0.6 * call.seconds]
    ended, page, where = early or ended, reference(SKILL, "cancellation"), call.expression
    if not ended:
        return
    fix = "abort what was spawned when the future is dropped: keep the `AbortHandle` in a guard; cancel its tasks"
    if all(attempt["tasks"] for attempt in ended):
        names = counted(ended[0]["tasks"])
        yield Finding("work-goes-on", "note", f"tasks that it began run on after it was cancelled: {names}", where,
                      fix=fix, reference=page)  # fmt: skip
    if all((attempt["running"] or 0) > 0 for attempt in ended):
        count = max(attempt["running"] for attempt in ended)
        message = f"after it was cancelled, `--running` says {count} more than before"
        yield Finding("work-goes-on", "warning", message, where, fix=fix, reference=page)
    if run.others < IDLE and early and all(attempt["others"] > COMPUTES for attempt in early):
        share = min(attempt["others"] for attempt in early)
        message = f"other threads compute on after it was cancelled, {share:.0%} of a processor or more"
        fix = "check a flag in the loop, which a guard sets when the future is dropped"
        yield Finding("work-goes-on", "warning", message, where, fix=fix, reference=page)


def find_left(call: Awaited) -> Iterator[Finding]:
    """Yield what calls leave behind."""
    left, where = call.left or {"tasks": [], "threads": [], "count": 0}, call.expression
    if left["tasks"] and len(left["tasks"]) >= left["count"] * PART:
        message = f"{left['count']} calls left {len(left['tasks'])} tasks behind: {counted(left['tasks'])}"
        fix = "await or cancel them: `async with asyncio.TaskGroup()`"
        yield Finding("tasks-left", "warning", message, where, fix=fix, reference=reference(SKILL, "cancellation"))
    if left["count"] > 1 and len(left["threads"]) >= left["count"] * PART:
        message = f"{left['count']} calls left {len(left['threads'])} threads behind"
        yield Finding("threads-left", "warning", message, where, fix="end and join them, or use a pool",
                      reference=reference(SKILL, "exits"))  # fmt: skip
    pile = call.pile or {}
    sizes, objects = ([part[key] for part in pile.get("sizes", [])] for key in (0, 1))
    least, most = growth_of(sizes) if len(sizes) == MOST_BATCHES else 0, growth_of(objects)
    if least > GROWTH or (pile.get("count") and most > max(PART * pile["count"], OBJECTS)):
        grown = bytes_of(least) if least > GROWTH else f"{most:,} objects"
        message = f"each {pile['count']:,} calls leave {grown} or more behind, though all have ended"
        fix = "look for futures, callbacks and tasks that stay in a list"
        yield Finding("memory-grows", "warning", message, where, fix=fix, reference=reference(SKILL, "awaitables"))


def growth_of(sizes: Sequence[int]) -> int:
    """Return by how much a size grew in each of the last batches at least, if it grew as much as before: 0 if not."""
    # The first batch fills what is kept for the next ones, and what allocators keep grows ever more slowly.
    steps = [after - before for before, after in itertools.pairwise(sizes[1:])]
    half = len(steps) // 2
    last = steps[half:]
    return min(last) if last and sum(last) / len(last) > sum(steps[:half]) / max(half, 1) / 2 else 0


def find_loads(call: Awaited, run: LoopRun, limit: float) -> Iterator[Finding]:
    """Yield what many calls at once do."""
    where, page = call.expression, reference(SKILL, "awaitables")
    failures = {count: load for count, load in call.loads.items() if load["failures"]}
    if failures:
        count, load = next(iter(failures.items()))
        message = f"with {count:,} tasks {load['failures']:,} calls fail: {load['failure']}"
        fix = "limit how many run at once: `asyncio.Semaphore`, or a semaphore of tokio"
        yield Finding("fails-under-load", "warning", message, where, fix=fix, reference=page)
    one, ten = call.loads.get(1), call.loads.get(10)
    if not one or not ten or call.blocks or not is_quiet_enough(run, limit) or one["failures"] or ten["failures"]:
        return
    gain = rate_of(ten) / max(rate_of(one), 1e-9)
    if call.seconds >= LATENCY and gain < GAIN and ten["all"] < BUSY:
        message = (
            f"10 tasks get {gain:.1f} times as much done as one, and no processor is busy: calls wait for each other"
        )
        fix = "look for a lock that is held over an `.await`, a pool of one connection or thread"
        yield Finding("one-at-a-time", "note", message, where, fix=fix, reference=page)


def find_ends(end: dict[str, Any]) -> Iterator[Finding]:
    """Yield what was left in the end, and what nobody has handled."""
    for text in end.get("complaints", [])[:5]:
        if "never awaited" in text:
            message, fix = f"{text}: it did nothing", "write `await`, or `asyncio.create_task(...)`"
            yield Finding("never-awaited", "warning", message, fix=fix, reference=reference(SKILL, "coroutines"))
        else:
            page = reference(SKILL, "coroutines")
            yield Finding(
                "unhandled", "warning", f"the loop reports: {text}", fix="await what may fail", reference=page
            )
    blocking = [name for name, is_daemon in end.get("threads", []) if not is_daemon and not is_pool(name)]
    if blocking:
        message = f"{listing(blocking[:5], 'and')} still ran in the end: Python waits for it"
        yield Finding("threads-left", "note", message, fix="end it before, or make it a daemon that touches nothing",
                      reference=reference(SKILL, "exits"))  # fmt: skip


def is_pool(name: str) -> bool:
    """Return whether a thread is one of asyncio's own, which ends with the loop."""
    return name.startswith(("asyncio_", "uvloop_", "ThreadPoolExecutor"))


def find_program(program: ProgramRun) -> Iterator[Finding]:
    """Yield where a program keeps its loop."""
    yield from find_debug_builds(program.facts["debug"])
    if not program.lags:
        yield Finding("no-loop", "warning", "no event loop ran in the main thread", fix="name what calls `asyncio.run`")
    if program.code is not None:
        yield Finding("script-fails", "warning", f"the script did not end well: it ended by `sys.exit({program.code})`")
    for spot in group(program.windows):
        if spot[0].cause in {"computes", "waits"} and spot[0].place:
            yield describe_block(spot, name_of(spot[0].place))
        elif spot[0].cause == "another thread":
            yield describe_held(spot, None)
        elif spot[0].cause == "many steps":
            message = f"many callbacks in one turn kept the loop for up to {longest(spot)}, {len(spot)} times"
            yield Finding(
                "many-steps", "note", message, fix="start fewer tasks at once", reference=reference(SKILL, "blocking")
            )
    unclear = [window for window in program.windows if window.cause == "unknown"]
    if unclear:
        times = f", {len(unclear)} times" if len(unclear) > 1 else ""
        message = f"the loop was up to {longest(unclear)} late{times}; why can't be told"
        yield Finding("late", "note", message, fix="run it again when the machine is quiet")
    if program.left:
        message = f"the program ended while tasks had not, which were cancelled: {counted(program.left)}"
        yield Finding("tasks-left", "note", message, reference=reference(SKILL, "deadlines"))
    yield from find_ends(program.end)


def largest(lags: Iterable[Lag]) -> float:
    """Return the largest lag of some loops."""
    return max((lag.largest for lag in lags), default=0.0)
