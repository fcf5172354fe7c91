"""What was measured, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Table
from scaffolder.tools.conversion_profiler.fitting import fit_call
from scaffolder.tools.conversion_profiler.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.timing import Profile, Ratio, Step
    from scaffolder.tools.conversion_profiler.fitting import Fit


def tables_of(profile: Profile, *, in_full: bool) -> Iterator[Table]:
    """Yield all tables; those of each round in full only."""
    if profile.steps:
        yield times_table(profile)
        yield costs_table(profile)
        yield memory_table(profile)
        if in_full:
            yield rounds_table(profile)


def times_table(profile: Profile) -> Table:
    """Return the time of a call by size, and how it compares."""
    first, *others = profile.plan.expressions
    is_compared = bool(profile.plan.target.module)
    columns = ["n", "input", first, "per element", "GB/s"]
    for text in others:
        columns += [text, "compared"] if is_compared else [text]
    # What is not read when it is large is not read when it is small.
    has_speed = profile.steps[-1].is_read(0)
    rows = [times_row(step, is_compared=is_compared, has_speed=has_speed) for step in profile.steps]
    return Table("Time of a call", tuple(columns), tuple(rows))


def times_row(step: Step, *, is_compared: bool, has_speed: bool) -> tuple[str, ...]:
    """Return the times with one size."""
    run = step.runs[0]
    row = [f"{step.n:,}", bytes_of(step.payload) if step.payload is not None else "unknown"]
    if run is None:
        row += ["fails", "", ""]
    elif not step.is_read(0):
        row += [time_of(run.best), "not read", ""]
    else:
        row += [time_of(run.best), time_of(run.best / step.n)]
        row.append(speed_of(step.payload / run.best) if step.payload and has_speed else "")
    for index, other in list(enumerate(step.runs))[1:]:
        row.append(time_of(other.best) if other else "fails")
        if is_compared:
            row.append(ratio_of(step.ratio(index)))
    return tuple(row)


def ratio_of(ratio: Ratio | None) -> str:
    """Return how the first call compares with another."""
    if ratio is None:
        return ""
    if not ratio.is_clear:
        return f"too {'noisy' if ratio.is_noisy else 'close'} to tell"
    return f"{ratio.value:.3g}x faster" if ratio.value > 1 else f"{1 / ratio.value:.3g}x slower"


def costs_table(profile: Profile) -> Table:
    """Return the fixed cost of a call, and that of an element."""
    rows = []
    for index, text in enumerate(profile.plan.expressions):
        fit = fit_call(profile, index)
        largest = next((step for step in reversed(profile.steps) if step.runs[index]), None)
        density = (largest.payload or 0) / largest.n if largest else 0.0
        is_read = largest is None or largest.is_read(index)
        rows.append((text, *costs_row(fit, density, is_read=is_read)))
    return Table("Cost of a call and of an element", ("call", "per call", "per element", "GB/s", "fit"), tuple(rows))


def costs_row(fit: Fit | None, density: float, *, is_read: bool) -> tuple[str, ...]:
    """Return the costs that a line says, and how well it fits."""
    if fit is None:
        return "", "", "", "too few sizes"
    if not is_read:
        return time_of(fit.fixed), "none", "", "the input is not read"
    if not fit.is_good:
        return "", "", "", f"none: no line comes nearer than {fit.worst:.0%} at n = {fit.where:,}"
    speed = speed_of(density / fit.slope) if density and fit.slope else ""
    return time_of(fit.fixed), time_of(fit.slope), speed, f"within {fit.worst:.0%}"


def memory_table(profile: Profile) -> Table:
    """Return what memory calls take, and what that says."""
    rows = []
    for index, text in enumerate(profile.plan.expressions):
        weight = profile.weights.get(index)
        verdict = judge(profile, index)
        if weight is None:
            rows.append((text, "", "", "", "", verdict.argument, verdict.result))
            continue
        peak = bytes_of(max(0, weight.peak)) if weight.peak is not None else "unknown"
        part = f"{max(0, weight.peak) / weight.payload:.2f}" if weight.peak is not None and weight.payload else ""
        size = bytes_of(weight.payload) if weight.payload is not None else "unknown"
        row = (text, f"{weight.n:,}", size, peak, part, verdict.argument, verdict.result)
        rows.append(row)
    columns = ("call", "n", "input", "peak growth", "of input", "input is", "result is")
    return Table("Memory of a call", columns, tuple(rows))


def rounds_table(profile: Profile) -> Table:
    """Return how each time was measured."""
    rows = [
        (
            f"{step.n:,}", text, str(len(run.times)), f"{run.number:,}", time_of(run.best), f"{run.noise:+.0%}",
            f"{run.threads:.1f}" if run.threads is not None else "",
        )
        for step in profile.steps
        for text, run in zip(profile.plan.expressions, step.runs, strict=True)
        if run
    ]  # fmt: skip
    columns = ("n", "call", "rounds", "calls each", "best", "median", "processors")
    return Table("Rounds", columns, tuple(rows))


def speed_of(bytes_per_second: float) -> str:
    """Return a speed in GB/s."""
    return f"{bytes_per_second / 1e9:.3g}" if bytes_per_second >= 1e6 else "< 0.001"
