"""What is to be said about a curve, and where it is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.measurements import describe_end, find_debug_builds
from scaffolder.runtime.scaling import BUSY
from scaffolder.runtime.speedups import speed_up
from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Finding, by_level, reference
from scaffolder.tools.parallel_bench.tables import FLAWS, best_chunks, compared, law_of, name_of, others_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.scaling import Scaling

SKILL = "pyo3-performance-gil-parallel"
# How many times as fast a second thread has to make it to be of use; and processors that one thread can't keep busy.
USEFUL, ALONE = 1.15, 1.4
LONGER = "measure longer, `--seconds 10`, on a quiet machine"
# Seconds of a chunk that handing it to a thread takes a part of.
SHORT = 0.0002


def find(scaling: Scaling) -> tuple[Finding, ...]:
    """Return the findings, the most serious first."""
    return by_level(finding for check in CHECKS for finding in check(scaling))


def find_failures(scaling: Scaling) -> Iterator[Finding]:
    """Yield calls that raise, crash or hang."""
    seen = set()
    for stage in scaling.stages:
        for way, text in stage.errors.items():
            if (way.index, way.kind, text) in seen:
                continue
            seen.add((way.index, way.kind, text))
            kind = "reference-raises" if way.index else "call-raises"
            place = {"threads": " in threads", "processes": " in processes"}.get(way.kind, "")
            message = f"with n = {stage.n:,}, `{scaling.setup.expressions[way.index]}` raises{place} {text}"
            is_error = not way.index and way.kind != "processes"
            yield Finding(kind, "error" if is_error else "warning", message)
    if scaling.breakdown:
        yield describe_end(
            *scaling.breakdown, "raise `--timeout`, or name smaller `--sizes`", reference(SKILL, "deadlocks")
        )


def find_results(scaling: Scaling) -> Iterator[Finding]:
    """Yield results that differ with the number of threads, the size of chunks, or from what they are compared with."""
    stages = [*scaling.stages, *([scaling.sweep] if scaling.sweep else [])]
    differ: dict[tuple[str, int], list[str]] = {}
    for stage in stages:
        for track in stage.tracks:
            place = f"n = {stage.n:,}, {name_of(scaling, track)}, chunks of {track.way.chunk:,}"
            differ.setdefault((track.verdict, track.way.index), []).append(place)
    page = reference(SKILL, "pools")
    for (verdict, index), places in differ.items():
        text, lines = scaling.setup.expressions[index], "\n".join(places)
        if index and verdict == "differ":
            message = f"`{text}` does not return what the function returns, so the two do not do the same work"
            yield Finding("reference-differs", "warning", message, text)
        elif not index and verdict == "differ":
            message = "the result is not that of one thread, so the call is wrong or depends on how work is shared out"
            yield Finding("results-differ", "error", message, text, lines, reference=page)
        elif not index and verdict == "close":
            message = "the result differs in the last digits from that of one thread"
            cause = "the order in which floats are added depends on how work is shared out"
            yield Finding("results-close", "note", message, text, lines, cause=cause, reference=page)
        elif verdict == "unknown":
            message = "whether results are equal is unknown: their type has no `==`, or can't be pickled"
            yield Finding("results-unknown", "note", message, text)
        elif not index and {key for key in differ if not key[1]} == {("equal", 0)}:
            yield Finding("results-equal", "ok", "the result is equal to that of one thread", text)
    if apart := {track.way.chunk for stage in stages for track in stage.tracks if track.joined == "differ"}:
        message = f"parts joined by `{scaling.setup.join}` are not the result of all of the input"
        lines = "chunks of " + "; ".join(f"{chunk:,}" for chunk in sorted(apart))
        yield Finding("parts-differ", "warning", message, scaling.setup.expressions[0], lines)


def find_doubts(scaling: Scaling) -> Iterator[Finding]:
    """Yield what makes times worth little."""
    if scaling.changed:
        names = listing(scaling.changed, "and")
        message = f"the call changes {names}: later calls get what earlier ones left, and may do other work"
        fix = f"copy it in the call: `{scaling.changed[0]}.copy()`"
        yield Finding("inputs-changed", "warning", message, scaling.setup.expressions[0], fix=fix)
    yield from find_debug_builds(scaling.debug)
    tracks = [track for stage in scaling.stages for track in stage.tracks]
    busiest = max((track.others or 0.0 for track in tracks), default=0.0)
    if busiest > BUSY:
        message = f"other processes kept up to {busiest:.1f} of {scaling.before.online} processors busy meanwhile"
        fix = "measure again when the machine is quiet; rounds that had to wait are left out already"
        yield Finding("busy-machine", "warning", message, fix=fix, reference=reference(SKILL, "scaling"))
    disturbed = [
        f"n = {stage.n:,}, {name_of(scaling, track)}: {len(track.quiet)} of {len(track.rounds)} rounds were quiet"
        for stage in scaling.stages
        for track in stage.tracks
        if track.is_disturbed
    ]
    if disturbed:
        message = f"{len(disturbed)} of {len(tracks)} times are not used: threads had to wait for a processor"
        fix = "measure longer, `--seconds 10`, or when the machine is quiet"
        yield Finding("disturbed", "warning", message, evidence="\n".join(disturbed), fix=fix)
    if scaling.before.governor not in {None, "performance"}:
        message = f"the processors' frequency follows the load (governor `{scaling.before.governor}`)"
        yield Finding("frequency", "note", message, cause="one busy processor is often faster than each of many")


def find_processors(scaling: Scaling) -> Iterator[Finding]:
    """Yield numbers of threads that say nothing about this machine, or another."""
    usable = scaling.before.usable
    page = reference(SKILL, "scaling")
    if usable == 1:
        message = f"one processor is usable of {scaling.before.online}: no speed-up can be measured"
        yield Finding("one-processor", "warning", message, fix="measure on a machine with more", reference=page)
    elif usable < 4:
        message = f"{usable} processors are usable, so nothing is known about more than {usable} threads"
        cause = "locks, memory bandwidth and caches limit many threads that do not limit two"
        yield Finding("few-processors", "note", message, cause=cause, reference=page)
    if scaling.before.cores is not None and scaling.before.cores < usable:
        message = f"the {usable} usable processors are threads of {scaling.before.cores} cores"
        cause = "two threads of a core share its units: half the speed-up of two cores, or less, is usual"
        yield Finding("shared-cores", "note", message, cause=cause)
    if beyond := [count for count in scaling.setup.counts if count > usable]:
        message = f"{' and '.join(map(str, beyond))} threads take turns on {usable} processors: no evidence for scaling"
        yield Finding("more-than-processors", "note", message, reference=page)


def find_base(scaling: Scaling) -> Iterator[Finding]:
    """Yield a curve that does not begin with one thread."""
    for stage in reversed(scaling.stages):
        base = stage.find("alone" if scaling.setup.kind == "threads" else "inside")
        if base is None or base.processors < ALONE:
            continue
        message = f"one thread kept {base.processors:.1f} processors busy, so it is not one thread"
        if scaling.setup.variable:
            fix = f"look for what sets its threads: nothing shows that `{scaling.setup.variable}` does"
        else:
            fix = "pass the number of threads to the call as `t`, or name a variable, `--variable RAYON_NUM_THREADS`"
        yield Finding("not-one-thread", "warning", message, scaling.setup.expressions[0], fix=fix,
                      reference=reference(SKILL, "pools"))  # fmt: skip
        return


def find_speed(scaling: Scaling) -> Iterator[Finding]:
    """Yield whether threads make the largest size faster, and what speaks for the reason."""
    if not scaling.stages or scaling.peak == 1:
        return
    stage, count, call = scaling.stages[-1], scaling.peak, scaling.setup.expressions[0]
    base, top = stage.find(scaling.setup.kind), stage.find(scaling.setup.kind, count)
    if base is None or top is None:
        return
    ratio = speed_up(base, top)
    where = f"with n = {stage.n:,}, {count} threads"
    if ratio.doubt and not ratio.is_slower and not ratio.is_faster:
        message = f"{where}: {FLAWS[ratio.doubt]} how they compare with one"
        yield Finding("unclear", "warning", message, call, fix=LONGER)
    elif ratio.high < USEFUL:
        is_slower = ratio.is_slower
        message = f"{where} are {'slower than' if is_slower else 'not clearly faster than'} one"
        message += f", {ratio.value:.2f} times as fast" if not ratio.doubt else ""
        message += f"; they kept {top.processors:.1f} processors busy"
        cause, chapter, fix = reason(scaling, top.processors, time_a_chunk(scaling))
        kind = "slower-with-threads" if is_slower else "no-scaling"
        yield Finding(kind, "warning", message, call, fix=fix, cause=cause, reference=reference(SKILL, chapter))
    else:
        message = f"{where} are {ratio.low:.2f} to {ratio.high:.2f} times as fast as one"
        yield Finding("scales", "ok", message, call)


def time_a_chunk(scaling: Scaling) -> float | None:
    """Return the seconds of a chunk with the largest size, or nothing if there are no chunks."""
    stage = scaling.stages[-1]
    base = stage.find("threads")
    return base.best * base.way.chunk / stage.length if base else None


def reason(scaling: Scaling, processors: float, seconds: float | None) -> tuple[str, str, str | None]:
    """Return why threads do not help, the chapter about it, and what to do."""
    if seconds is not None and seconds < SHORT:
        fix = "name larger `--chunks` or `--sizes`"
        return f"a chunk takes {time_of(seconds)}, little more than handing it to a thread", "scaling", fix
    if processors > ALONE:
        cause = (
            "the processors were busy, but did not get more done: memory bandwidth, shared cache lines, a spinning lock"
        )
        if scaling.has_gil and scaling.setup.kind == "threads":
            cause += ", or short calls that detach, and hand the GIL to and fro"
        return cause, "scaling", None
    if scaling.setup.kind == "inside":
        cause = "its threads wait for each other, or there are fewer of them than was asked for"
        return cause, "pools", "see that the number of threads reaches the pool"
    if not scaling.has_gil:
        return "threads wait for each other: for a lock, or for the same object", "locks", None
    cause = "threads wait for each other: the function stays attached to the interpreter, or holds a lock"
    return cause, "detaching", "detach in its Rust code, `py.detach(|| …)`; code in Python needs processes"


def find_law(scaling: Scaling) -> Iterator[Finding]:
    """Yield what Amdahl's law is worth here."""
    page = reference(SKILL, "scaling")
    for stage in scaling.stages[-1:] if scaling.peak > 1 else []:
        if not stage.curve(scaling.setup.kind):
            continue  # The call failed, which is said.
        law = law_of(scaling, stage)
        if law.flaw:
            message = f"Amdahl's law says nothing with n = {stage.n:,}: {FLAWS[law.flaw]}"
            yield Finding("no-law", "note", message, reference=page)
        elif law.points == 2:
            message = (
                f"the serial part of {law.serial:.0%} ({law.low:.0%} to {law.high:.0%}) is from 2 numbers of threads"
            )
            cause = "two times always fit the law, so nothing tests whether more threads follow it"
            yield Finding("law-untested", "note", message, cause=cause, reference=page)


def find_chunks(scaling: Scaling) -> Iterator[Finding]:
    """Yield the best size of chunks."""
    if not scaling.sweep or len(scaling.sweep.tracks) < 2:
        return
    best = best_chunks(scaling.sweep)
    if best is None:
        yield Finding("chunks-unclear", "note", "which size of chunks is best can't be told", fix=LONGER)
        return
    top, equals = best
    sizes = [track.way.chunk for track in equals]
    message = f"the best chunks have {top.way.chunk:,} elements"
    if len(sizes) > 1:
        message += f"; {min(sizes):,} to {max(sizes):,} are about as good"
    yield Finding("best-chunk", "note", message, reference=reference(SKILL, "scaling"))


def find_others(scaling: Scaling) -> Iterator[Finding]:
    """Yield other ways that are faster than threads, with the largest size."""
    stage = scaling.stages[-1] if scaling.stages else None
    top = stage.find(scaling.setup.kind, scaling.peak) if stage else None
    if stage is None or top is None:
        return
    for track in others_of(stage):
        ratio = speed_up(track, top)
        if ratio.is_slower:
            extent = "slower" if ratio.doubt else compared(ratio)
            message = f"with n = {stage.n:,}, {scaling.peak} threads are {extent} than {name_of(scaling, track)}"
            page = reference(SKILL, "processes" if track.way.kind == "processes" else "paying-back")
            yield Finding("other-way-faster", "warning", message, reference=page)
    called, (seconds, size) = stage.find("processes", scaling.peak), stage.pickling or (0.0, 0)
    if called and seconds > called.best / 4:
        message = (
            f"pickling {bytes_of(size)} takes {time_of(seconds)} in one process, a call in all {time_of(called.best)}"
        )
        yield Finding("pickling", "note", message, reference=reference(SKILL, "processes"))


def find_omissions(scaling: Scaling) -> Iterator[Finding]:
    """Yield which of the usual sizes were left out."""
    if scaling.omitted:
        sizes = "; ".join(f"{n:,}" for n in scaling.omitted)
        message = f"not measured, because the input would be large or a call slow: n = {sizes}"
        fix = f"pass them if they matter: `--sizes {','.join(map(str, scaling.omitted))}`"
        yield Finding("sizes-omitted", "note", message, fix=fix)


CHECKS = (
    find_failures, find_results, find_doubts, find_processors, find_base, find_speed, find_law, find_chunks,
    find_others, find_omissions,
)  # fmt: skip
