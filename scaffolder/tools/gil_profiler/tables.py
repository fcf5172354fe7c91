"""What was measured, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.runtime.places import code_of, name_of
from scaffolder.runtime.units import time_of
from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scaffolder.runtime.holds import Hold, Profile, ScriptRun

MOST_SPOTS = 20
CALLS = "How long calls hold the GIL"
SPOTS = "Where the GIL was held for long"


def tables_of(profile: Profile, run: ScriptRun | None, *, in_full: bool) -> Iterator[Table]:
    """Yield all tables; that of known calls in full only."""
    if profile.holds:
        yield holds_table(CALLS, profile.holds)
    if any(hold.work for hold in profile.holds):
        yield work_table(profile.holds)
    if run and run.spots:
        yield spots_table(run)
    if in_full and profile.controls:
        yield holds_table("What known calls do", profile.controls)


def holds_table(title: str, holds: Sequence[Hold]) -> Table:
    """Return how long calls hold the GIL."""
    columns = ("call", "takes", "longest hold", "held", "meanwhile it", "verdict", "rounds")
    return Table(title, columns, tuple(holds_row(hold) for hold in holds))


def holds_row(hold: Hold) -> tuple[str, ...]:
    """Return how long a call holds the GIL."""
    rounds = f"{len(hold.rounds)} x {hold.number:,} calls" if hold.number > 1 else str(len(hold.rounds))
    share = f"{hold.share:.0%}" if hold.share is not None else "unknown"
    verdict = hold.verdict
    activity = hold.activity if verdict == "holds" else ""
    is_bound = hold.number > 1 and not hold.never_lets_go
    longest = f"{'< ' if is_bound else ''}{time_of(hold.seconds if is_bound else hold.hold)}"
    if verdict == "detaches":
        longest = "none"
    elif hold.share is None:
        longest = f"< {time_of(hold.seconds)}"
    return hold.expression, time_of(hold.seconds), longest, share, activity, verdict, rounds


def work_table(holds: Sequence[Hold]) -> Table:
    """Return what long calls do with objects."""
    columns = ("call", "objects in", "objects out", "calls back", "time an object", "traced")
    rows = [
        (
            hold.expression, f"{work.inputs:,}", f"{work.results:,}", f"{work.callbacks:,}",
            time_of(hold.hold / max(1, work.objects)), f"{work.traced / max(work.plain, 1e-9):.2g}x",
        )
        for hold in holds if (work := hold.work)
    ]  # fmt: skip
    return Table("Work with Python objects", columns, tuple(rows))


def spots_table(run: ScriptRun) -> Table:
    """Return where a script held the GIL for long."""
    rows = [
        (name_of(spot.place), code_of(spot.place), str(len(spot.beats)), time_of(spot.longest), time_of(spot.total),
         spot.activity)
        for spot in run.spots[:MOST_SPOTS]
    ]  # fmt: skip
    return Table(SPOTS, ("place", "code", "times", "longest", "in all", "meanwhile it"), tuple(rows))
