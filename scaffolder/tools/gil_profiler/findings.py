"""What is to be said about calls and scripts that hold the GIL, and where it is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.measurements import describe_end, find_debug_builds
from scaffolder.runtime.places import code_of, name_of
from scaffolder.runtime.units import time_of
from scaffolder.toolkit import Finding, by_level, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.holds import Hold, Profile, ScriptRun

SKILL = "pyo3-performance-gil-parallel"
# The part of a processor that other processes may use before they disturb.
BUSY = 0.25


def find(profile: Profile, run: ScriptRun | None) -> tuple[Finding, ...]:
    """Return the findings, the most serious first."""
    checks = (find_failures, find_doubts, find_holds)
    findings = [finding for check in checks for finding in check(profile)]
    return by_level([*findings, *(find_spots(run) if run else ())])


def find_failures(profile: Profile) -> Iterator[Finding]:
    """Yield calls that raise, crash or hang."""
    for expression, error in profile.errors.items():
        if isinstance(error, str):
            yield Finding("call-raises", "error", f"`{expression}` raises {error}")
        else:
            page = reference(SKILL, "deadlocks")
            yield describe_end(f"`{expression}`", error, "raise `--timeout`, or pass a smaller `--size`", page)


def find_doubts(profile: Profile) -> Iterator[Finding]:
    """Yield what makes the measurement worth little."""
    if not profile.has_gil:
        message = "this Python runs without the GIL: no thread waits because another one is attached"
        cause = "what is attached for long still delays pauses of all threads, such as for garbage collection"
        fix = "set `PYTHON_GIL=1` to see what a Python with the GIL would do"
        yield Finding("no-gil", "note", message, fix=fix, cause=cause, reference=reference(SKILL, "free-threading"))
        return
    if not profile.is_exact:
        message = "this system does not say whether a thread waits for the GIL or for a processor"
        cause = "waits as long as those beside a sleep and a detached hash are taken for waits for a processor"
        yield Finding("waits-not-told-apart", "note", message, cause=cause, fix="measure on Linux, or a quiet machine")
    yield from find_debug_builds(profile.debug)
    if profile.others is not None and profile.others > BUSY:
        message = f"other processes kept {profile.others:.1f} processors busy meanwhile"
        fix = "times are longer for it, and verdicts that are close may change; measure again when it is quiet"
        yield Finding("busy-machine", "note", message, fix=fix)
    for hold in profile.controls:
        if hold.verdict == "holds":
            message = f"{hold.expression} seems to hold the GIL for {time_of(hold.hold)}, which it does not"
            fix = "measure again when the machine is quiet, or with a longer `--limit`"
            yield Finding("too-busy", "warning", message, fix=fix)


def find_holds(profile: Profile) -> Iterator[Finding]:
    """Yield what each call does to others."""
    for hold in profile.holds:
        if hold.expression in profile.fresh:
            message = "the call uses up or changes its inputs, so each call got new ones"
            yield Finding("inputs-renewed", "note", message, hold.expression)
        yield describe_hold(hold)


def describe_hold(hold: Hold) -> Finding:
    """Return what a call does to others."""
    where = hold.expression
    match hold.verdict:
        case "holds":
            return describe_long(hold)
        case "short":
            message = f"{extent_of_short(hold)}: too short to matter to others"
            return Finding("short", "ok", message, where, reference=reference(SKILL, "detaching"))
        case "detaches":
            share = "" if hold.share == 0 else f" for {1 - (hold.share or 0):.0%} of {time_of(hold.seconds)}"
            return Finding("detaches", "ok", f"it is detached{share}", where)
        case "lets others in":
            message = f"it is attached for {hold.share:.0%} of {time_of(hold.seconds)}, but others get in when they ask"
            return Finding("lets-in", "ok", message, where)
    if hold.is_close:
        message = (
            f"it holds the GIL for {time_of(hold.hold)} at a time, in other rounds for less than {time_of(hold.limit)}"
        )
        fix = "measure again when the machine is quiet, or pass the `--limit` that matters to you"
        return Finding("unclear", "note", message, where, fix=fix)
    message = "others never tried to get the GIL while it ran"
    return Finding("unclear", "warning", message, where, fix="measure longer, `--seconds 5`")


def describe_long(hold: Hold) -> Finding:
    """Return what a call does that keeps others waiting for long."""
    where = f"{name_of(hold.place)}: {code_of(hold.place)}" if hold.place else None
    evidence = f"for the longest time until {where}" if where else None
    subject = f"it holds the GIL for {extent_of(hold)}"
    if hold.activity == "waits":
        message = f"{subject}, and waits meanwhile: nothing else can run"
        fix = "detach round what waits: `py.detach(|| …)`"
        page = reference(SKILL, "detaching")
        return Finding("waits-attached", "warning", message, hold.expression, evidence, fix, page)
    if hold.activity == "waits for own threads":
        message = f"{subject}, and waits meanwhile for threads of its own"
        fix = "detach round the parallel work: `py.detach(|| …)`"
        cause = "a thread of the pool that wants to attach waits for this one, which waits for it: a deadlock"
        page = reference(SKILL, "deadlocks")
        return Finding("waits-for-own-threads", "warning", message, hold.expression, evidence, fix, page, cause)
    if hold.work is None:
        return Finding("holds", "warning", subject, hold.expression, evidence, reference=reference(SKILL, "detaching"))
    if hold.is_mostly_detached:
        message = f"it is detached for most of {time_of(hold.seconds)}, and attached for {time_of(hold.hold)} at a time"
        fix = "look at what it converts before and after, or between"
        page = reference("pyo3-type-conversion-advanced", "costs")
        return Finding("attached-in-part", "note", message, hold.expression, evidence, fix, page)
    if hold.work.explains(hold.hold):
        message = f"{subject}, and works with Python objects: {objects_of(hold)}"
        fix = "if it computes, too, read the objects first and detach for the rest; else let it do less at a time"
        page = reference(SKILL, "detaching")
        return Finding("works-with-objects", "note", message, hold.expression, evidence, fix, page)
    message = f"{subject}, and computes with few Python objects: {objects_of(hold)}"
    fix = "detach for it: `py.detach(|| …)`, with what it borrows from Python read or copied before"
    cause = "it could run beside others; not counted are objects that a class keeps without showing them to Python"
    page = reference(SKILL, "detaching")
    return Finding("should-detach", "warning", message, hold.expression, evidence, fix, page, cause)


def extent_of(hold: Hold) -> str:
    """Return for how long a call holds the GIL, of which time."""
    whole = time_of(hold.seconds)
    return f"all of its {whole}" if hold.is_all_held else f"{time_of(hold.hold)} of {whole}"


def extent_of_short(hold: Hold) -> str:
    """Return for how long a call holds the GIL that does not do so for long."""
    if hold.share is None:
        return f"it takes {time_of(hold.seconds)}"
    if hold.is_all_held:
        return f"it is attached throughout, for {time_of(hold.hold)}"
    return f"it is attached for {hold.share:.0%} of {time_of(hold.seconds)}, {time_of(hold.hold)} at most at a time"


def objects_of(hold: Hold) -> str:
    """Return what a long call does with objects."""
    work = hold.work
    assert work is not None  # noqa: S101
    parts = [f"{work.inputs:,} in, {work.results:,} out, pieces of its memory included"]
    if work.makes_objects:
        parts.append(f"{work.traced / max(work.plain, 1e-9):.2g} times slower while their memory is traced")
    if work.callbacks and not hold.place:
        parts.append(f"{work.callbacks:,} Python function{'s' if work.callbacks > 1 else ''} called")
    return ", ".join(parts)


def find_spots(run: ScriptRun) -> Iterator[Finding]:
    """Yield where a script holds the GIL for long."""
    if run.code is not None:
        message = f"the script did not end well: it ended by `sys.exit({run.code})`"
        yield Finding("script-fails", "warning", message, str(run.script))
    for spot in run.spots:
        count = f"{len(spot.beats)} times, {time_of(spot.total)} in all" if len(spot.beats) > 1 else "once"
        extent = f"for up to {time_of(spot.longest)}, {count}"
        where = name_of(spot.place)
        if spot.place is None:
            message = f"one of several threads holds the GIL {extent}; which one can't be told"
            fix = "run the script with fewer threads"
        elif not spot.place.file:
            message, fix = f"garbage collection holds the GIL {extent}", "`gc.freeze()` once what stays is there"
        else:
            message = f"the GIL is held {extent}, until `{code_of(spot.place) or 'this line'}`"
            fix = "measure what is called there: `pyo3-new tool gil_profiler MODULE:FUNCTION --call 'f(a)'`"
        page = reference(SKILL, "detaching")
        yield Finding("long-hold", "warning", message, where if spot.place and where else None, fix=fix, reference=page)
