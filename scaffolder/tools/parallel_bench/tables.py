"""What was measured, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.runtime.speedups import quarter, speed_up, used_times
from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Table
from scaffolder.tools.parallel_bench.fitting import fit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.scaling import Scaling, Stage, Track
    from scaffolder.runtime.speedups import Doubt, SpeedUp
    from scaffolder.tools.parallel_bench.fitting import Flaw, Law

FLAWS: dict[Flaw | Doubt, str] = {
    "disturbed": "too disturbed to tell",
    "few": "too few rounds to tell",
    "noisy": "too noisy to tell",
    "one-count": "needs 2 numbers of threads",
    "slower": "threads make it slower",
    "too-fast": "faster than the threads explain",
    "misfit": "the times do not follow it",
}


def tables_of(scaling: Scaling, *, in_full: bool) -> Iterator[Table]:
    """Yield all tables; that of rounds in full only."""
    yield machine_table(scaling)
    if not scaling.stages:
        return
    if any(stage.curve(scaling.setup.kind) for stage in scaling.stages):
        yield scaling_table(scaling)
        yield law_table(scaling)
    if any(others_of(stage) for stage in scaling.stages):
        yield others_table(scaling)
    if any(stage.pickling for stage in scaling.stages):
        yield pickling_table(scaling)
    if scaling.sweep and scaling.sweep.tracks:
        yield chunks_table(scaling, scaling.sweep)
    if in_full:
        yield rounds_table(scaling)


def machine_table(scaling: Scaling) -> Table:
    """Return what it was measured on."""
    before, after = scaling.before, scaling.after
    loads = [f"{load:.2f}" if load is not None else "unknown" for load in (before.load, after.load)]
    others = [track.others for stage in scaling.stages for track in stage.tracks if track.others is not None]
    clocks = sorted((*before.megahertz, *after.megahertz))
    rows = (
        ("usable processors", f"{before.usable} of {before.online}"),
        ("allowed by affinity", str(before.allowed)),
        ("allowed by the control group", f"{before.quota:g}" if before.quota is not None else "not limited"),
        ("cores that they are on", str(before.cores) if before.cores is not None else "unknown"),
        ("frequency", f"{clocks[0]:.0f} to {clocks[-1]:.0f} MHz" if clocks else "unknown"),
        ("governor", before.governor or "unknown"),
        ("load before and after", " and ".join(loads)),
        ("processors busy for others meanwhile", f"{sum(others) / len(others):.1f}" if others else "unknown"),
        ("Python", f"{scaling.python}, {'with' if scaling.has_gil else 'without'} a GIL"),
    )
    return Table("Machine", ("what", "value"), rows)


def scaling_table(scaling: Scaling) -> Table:
    """Return the times and speed-ups by threads."""
    rows = [
        scaling_row(scaling, stage, track)
        for stage in scaling.stages
        for track in stage.curve(scaling.setup.kind).values()
    ]
    columns = ("n", "threads", "best", "median", "speed-up", "interval", "efficiency", "processors", "results")
    return Table("Scaling", columns, tuple(rows))


def scaling_row(scaling: Scaling, stage: Stage, track: Track) -> tuple[str, ...]:
    """Return the times and the speed-up with one number of threads."""
    count, base = track.way.count, stage.curve(scaling.setup.kind).get(1)
    row = (f"{stage.n:,}", str(count), time_of(track.best), time_of(track.median))
    ratio = speed_up(base, track) if base else None
    figures: tuple[str, ...] = ("", "", "")
    if count > scaling.before.usable:
        figures = (f"not counted: {scaling.before.usable} usable", "", "")
    elif count == 1 or ratio is None:
        figures = ("1" if count == 1 else "", "", "")
    elif ratio.doubt:
        figures = (doubt_text(ratio), "", "")
    else:
        figures = (f"{ratio.value:.2f}", f"{ratio.low:.2f} to {ratio.high:.2f}", f"{ratio.value / count:.0%}")
    return (*row, *figures, f"{track.processors:.1f}", "first" if count == 1 else track.verdict)


def law_table(scaling: Scaling) -> Table:
    """Return what Amdahl's law says."""
    rows = [(f"{stage.n:,}", *law_row(law_of(scaling, stage))) for stage in scaling.stages]
    return Table("Amdahl's law", ("n", "serial part", "interval", "at most", "from", "fit"), tuple(rows))


def law_of(scaling: Scaling, stage: Stage) -> Law:
    """Return Amdahl's law for one size, by threads that have a processor each."""
    return fit(stage.curve(scaling.setup.kind, scaling.before.usable))


def law_row(law: Law) -> tuple[str, ...]:
    """Return what a fit says, or why it means nothing."""
    points = f"{law.points} numbers of threads" if law.points > 1 else ""
    if law.flaw:
        return "", "", "", points, f"none: {FLAWS[law.flaw]}"
    least, most = law.limits
    limit = f"{least:.2g}x to {most:.2g}x" if most is not None else f"{least:.2g}x or more"
    quality = f"within {law.worst:.0%}" if law.points > 2 else "untested: 2 times always fit"
    return f"{law.serial:.0%}", f"{law.low:.0%} to {law.high:.0%}", limit, points, quality


def others_of(stage: Stage) -> list[Track]:
    """Return the other ways to make the call."""
    return [track for track in stage.tracks if track.way.kind in {"alone", "processes"}]


def others_table(scaling: Scaling) -> Table:
    """Return how threads compare with other ways."""
    rows = []
    for stage in scaling.stages:
        top = stage.find(scaling.setup.kind, scaling.peak)
        for track in others_of(stage):
            text = compared(speed_up(track, top)) if top else ""
            verdict = track.verdict if track.way.index else ""
            rows.append(
                (f"{stage.n:,}", name_of(scaling, track), time_of(track.best), time_of(track.median), text, verdict)
            )
    against = f"{scaling.peak} thread{'s' if scaling.peak > 1 else ''} against it"
    return Table("Other ways", ("n", "way", "best", "median", against, "results"), tuple(rows))


def name_of(scaling: Scaling, track: Track) -> str:
    """Return what a way is called."""
    if track.way.kind == "processes":
        return f"{track.way.count} process{'es' if track.way.count > 1 else ''}"
    if track.way.kind == "alone":
        return scaling.setup.expressions[track.way.index]
    return f"{track.way.count} thread{'s' if track.way.count > 1 else ''}"


def doubt_text(ratio: SpeedUp) -> str:
    """Return why there is no figure."""
    way = "faster" if ratio.is_faster else "slower" if ratio.is_slower else ""
    return f"{way}, too noisy to say how much" if way else FLAWS[ratio.doubt or "noisy"]


def compared(ratio: SpeedUp) -> str:
    """Return how two ways compare."""
    if ratio.doubt:
        return doubt_text(ratio)
    if not ratio.is_faster and not ratio.is_slower:
        return "too close to tell"
    return f"{ratio.value:.3g}x faster" if ratio.value > 1 else f"{1 / ratio.value:.3g}x slower"


def pickling_table(scaling: Scaling) -> Table:
    """Return what calling processes costs beside the work."""
    rows = []
    for stage in scaling.stages:
        track = stage.find("processes", scaling.peak)
        if stage.pickling and track:
            seconds, size = stage.pickling
            start = time_of(scaling.starting) if scaling.starting is not None else "unknown"
            rows.append((f"{stage.n:,}", time_of(track.best), time_of(seconds), bytes_of(size), start))
    columns = ("n", "call", "pickling in one process", "sent", "starting, not counted")
    return Table("Processes", columns, tuple(rows))


def best_chunks(sweep: Stage) -> tuple[Track, list[Track]] | None:
    """Return the best size of chunks and all that are not slower; nothing if that can't be told."""
    best = min(sweep.tracks, key=lambda track: quarter(used_times(track)))
    ratios = [(track, speed_up(best, track)) for track in sweep.tracks]
    if any(ratio.doubt and not ratio.is_slower for _, ratio in ratios):
        return None
    return best, [track for track, ratio in ratios if not ratio.is_slower]


def chunks_table(scaling: Scaling, sweep: Stage) -> Table:
    """Return the times by the size of chunks."""
    best = min(sweep.tracks, key=lambda track: quarter(used_times(track)))
    top = "best" if best_chunks(sweep) else "shortest, which may be chance"
    rows = []
    for track in sweep.tracks:
        number = -(-sweep.length // track.way.chunk)
        share = time_of(track.best * min(scaling.peak, number) / number)
        text = top if track is best else compared(speed_up(best, track))
        rows.append((f"{track.way.chunk:,}", f"{number:,}", time_of(track.best), time_of(track.median), share, text))
    title = f"Sizes of chunks, with n = {sweep.n:,} and {scaling.peak} threads"
    return Table(title, ("chunk", "chunks", "best", "median", "a chunk", "against the best"), tuple(rows))


def rounds_table(scaling: Scaling) -> Table:
    """Return how each time was measured."""
    sweep = [scaling.sweep] if scaling.sweep else []
    rows = [
        (
            f"{stage.n:,}", name_of(scaling, track), f"{track.way.chunk:,}", str(len(track.rounds)),
            str(len(track.quiet)), f"{max(track.times) / track.best - 1:+.0%}", f"{track.processors:.1f}",
            f"{track.others:.1f}" if track.others is not None else "",
        )
        for stage in (*scaling.stages, *sweep)
        for track in stage.tracks
    ]  # fmt: skip
    columns = ("n", "way", "chunk", "rounds", "quiet", "slowest", "processors", "others")
    return Table("Rounds", columns, tuple(rows))


def say_speed_up(scaling: Scaling) -> str:
    """Return the outcome in a few words."""
    if not scaling.stages:
        return "nothing was measured"
    stage = scaling.stages[-1]
    base, top = stage.find(scaling.setup.kind), stage.find(scaling.setup.kind, scaling.peak)
    if base is None or top is None:
        return "the call fails"
    if scaling.peak == 1:
        usable = scaling.before.usable
        if usable == 1:
            return "no speed-up can be measured on one processor"
        return f"{'2' if usable == 2 else f'from 2 to {usable}'} threads, as many as can run at once, were not measured"
    ratio = speed_up(base, top)
    place = f"with {scaling.peak} threads and n = {stage.n:,}"
    return f"{doubt_text(ratio)} {place}" if ratio.doubt else f"{ratio.value:.2f} times as fast {place}"
