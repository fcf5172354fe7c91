"""What was measured, as tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from scaffolder.runtime.places import code_of, name_of
from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.runtime.awaiting import Awaited, LoopRun, ProgramRun, Window

# Why a loop is late where a place says more.
KEEPING = {"computes", "waits", "another thread"}
AWAITS, LOADS, CANCELS, SPOTS = "Awaiting", "Throughput", "Cancelling", "Where the loop was kept"
MOST_SPOTS = 20
# Bytes of many calls at once that can be told from memory that was free.
WEIGHT = 500_000


def tables_of(runs: Sequence[LoopRun], program: ProgramRun | None, *, in_full: bool) -> Iterator[Table]:
    """Yield all tables; the reasons for lags that keep nobody in full only."""
    calls = [call for run in runs for call in run.calls if call.single]
    if calls:
        names: tuple[str, ...] = (
            "call",
            "loop",
            "takes",
            "1 in 100",
            "waits",
            "loop's cpu",
            "all cpu",
            "pending",
            "lag",
        )
        yield Table(AWAITS, names, tuple(map(awaits_row, calls)))
    if any(call.loads for call in calls):
        names = ("call", "loop", "tasks", "calls a second", "takes", "1 in 100", "lag", "processors")
        yield Table(LOADS, names, tuple(row for call in calls for row in load_rows(call)))
    if any(call.cancelled for call in calls):
        names = ("call", "loop", "after", "becomes", "within", "afterwards")
        yield Table(CANCELS, names, tuple(row for call in calls for row in cancel_rows(call)))
    windows = program.windows if program else [part for call in calls if call.lag for part in call.lag.windows]
    spots = group(window for window in windows if in_full or window.cause != "unknown")
    if spots:
        yield Table(SPOTS, ("place", "code", "why", "times", "longest", "in all"), tuple(map(spot_row, spots)))
    if in_full and runs:
        yield Table("A loop with nothing to do", ("loop", "lag", "1 in 100", "await of nothing"),
                    tuple(rest_row(run) for run in runs))  # fmt: skip


def awaits_table(calls: Sequence[Awaited]) -> Table:
    """Return what one call after the other takes."""
    names = ("call", "loop", "takes", "1 in 100", "waits", "loop's cpu", "all cpu", "pending", "lag")
    return Table(AWAITS, names, tuple(map(awaits_row, calls)))


def awaits_row(call: Awaited) -> tuple[str, ...]:
    """Return what one call after the other takes."""
    single, lag, pile = call.single, call.lag, call.pile or {}
    # With many tasks at work little of it is for the timer that measures lag.
    busiest = max(call.loads.values(), key=rate_of, default=None)
    used = [busiest[key] / rate_of(busiest) if busiest and busiest["count"] else None for key in ("own", "all")]
    own, process = ("" if part is None else time_of(part) for part in used)
    # Less than that may come from memory that was free before.
    pending = bytes_of(pile["each"]) if pile.get("pending", 0) * pile.get("each", 0) > WEIGHT else ""
    return (
        call.expression, call.loop, time_of(single["median"]), time_of(single["p99th"]), str(call.trips),
        own, process, pending, time_of(lag.largest if lag else 0.0),
    )  # fmt: skip


def rate_of(load: dict[str, Any]) -> float:
    """Return the calls a second."""
    return float(load["count"] / max(load["elapsed"], 1e-9))


def load_rows(call: Awaited) -> Iterator[tuple[str, ...]]:
    """Yield what several tasks get done."""
    for count, load in call.loads.items():
        if load["count"]:
            yield (
                call.expression, call.loop, f"{count:,}", f"{rate_of(load):,.0f}", time_of(load["median"]),
                time_of(load["p99th"]), time_of(load["largest"]), f"{load['all']:.2f}",
            )  # fmt: skip


def cancel_rows(call: Awaited) -> Iterator[tuple[str, ...]]:
    """Yield what became of calls that were cancelled or timed out."""
    for attempt in call.cancelled or ():
        outcome = {"over": "it was over", "raises": f"raises {attempt.get('text')}", "returns": "returns a result"}
        becomes = str(outcome.get(attempt["outcome"], attempt["outcome"]))
        within = time_of(attempt["seconds"]) if "seconds" in attempt else ""
        yield call.expression, call.loop, time_of(attempt["point"]), becomes, within, afterwards(attempt)
    if call.timed_out:
        limit, answer = call.timed_out
        yield call.expression, call.loop, f"timeout {time_of(limit)}", answer["outcome"], time_of(answer["seconds"]), ""


def afterwards(attempt: dict[str, Any]) -> str:
    """Return what goes on after a call was cancelled."""
    parts = []
    if attempt.get("tasks"):
        count = len(attempt["tasks"])
        parts.append(f"{count} task{'s' if count > 1 else ''}")
    if attempt.get("running"):
        parts.append(f"{attempt['running']} running")
    if attempt.get("others", 0.0) >= 0.1:
        parts.append(f"{attempt['others']:.1f} processors busy")
    return ", ".join(parts)


def group(windows: Iterable[Window]) -> list[list[Window]]:
    """Return the windows of each place and cause, the longest first."""
    spots: dict[tuple[object, ...], list[Window]] = {}
    for window in windows:
        place = window.place if window.cause in KEEPING else None
        spots.setdefault((place, window.cause, window.thread), []).append(window)
    return sorted(spots.values(), key=lambda spot: -sum(window.lag for window in spot))[:MOST_SPOTS]


def spot_row(spot: list[Window]) -> tuple[str, ...]:
    """Return what is to be said about a place."""
    first, total = max(spot, key=lambda window: window.lag), sum(window.lag for window in spot)
    place = first.place if first.cause in KEEPING else None
    return name_of(place), code_of(place), first.cause, str(len(spot)), time_of(first.lag), time_of(total)


def rest_row(run: LoopRun) -> tuple[str, ...]:
    """Return what a loop does with nothing to do."""
    assert run.rest is not None  # noqa: S101
    return run.loop, time_of(run.rest.largest), time_of(run.rest.p99), time_of(run.noop["median"])


def counted(names: Iterable[str]) -> str:
    """Return names with how often each is there."""
    return ", ".join(f"{count} x `{name}`" if count > 1 else f"`{name}`" for name, count in Counter(names).items())
