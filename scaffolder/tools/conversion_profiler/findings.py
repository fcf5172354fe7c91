"""What is to be said about times and memory, and where it is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.measurements import describe_end, find_debug_builds
from scaffolder.runtime.units import bytes_of, time_of
from scaffolder.toolkit import Finding, by_level, reference
from scaffolder.tools.conversion_profiler.fitting import fit_call
from scaffolder.tools.conversion_profiler.tables import ratio_of
from scaffolder.tools.conversion_profiler.verdicts import LEAST, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.timing import Profile

SKILL = "pyo3-type-conversion-advanced"
# The part of a processor that other processes may use before they disturb, and the times that count as slower.
BUSY, SLOWER = 0.25, 1.1


def find(profile: Profile) -> tuple[Finding, ...]:
    """Return the findings, the most serious first."""
    return by_level(finding for check in CHECKS for finding in check(profile))


def find_failures(profile: Profile) -> Iterator[Finding]:
    """Yield calls that raise, crash or hang."""
    for index, errors in profile.errors.items():
        expression = profile.plan.expressions[index]
        for text in dict.fromkeys(errors.values()):
            refused = [n for n in errors if errors[n] == text]
            # What needs more elements than a few refuses these.
            is_error = not index and any(step.n < max(refused) for step in profile.steps if step.runs[index])
            is_error |= not index and (index in profile.panics or not any(step.runs[index] for step in profile.steps))
            sizes = "; ".join(f"{n:,}" for n in refused)
            kind = "reference-raises" if index else "call-raises"
            message = f"with n = {sizes}, `{expression}` raises {text}"
            yield Finding(kind, "error" if is_error else "warning", message)
    for n, what, error in profile.breakdowns:
        yield describe_end(f"with n = {n:,}, {what}", error, "raise `--timeout`, or leave out the size")


def find_doubts(profile: Profile) -> Iterator[Finding]:
    """Yield what makes times worth little."""
    yield from find_debug_builds(profile.debug)
    if profile.others is not None and profile.others > BUSY:
        message = f"other processes kept {profile.others:.1f} processors busy meanwhile"
        yield Finding(
            "busy-machine",
            "warning",
            message,
            fix="measure again when the machine is quiet; until then trust ratios more than times",
        )
    for index, text in enumerate(profile.plan.expressions):
        noisy = [step for step in profile.steps if (run := step.runs[index]) and run.is_noisy]
        if noisy:
            lines = [f"n = {step.n:,}: best {time_of(run.best)}, median {time_of(run.median)}"
                     for step in noisy if (run := step.runs[index])]  # fmt: skip
            verb = "are" if len(noisy) > 1 else "is"
            message = f"{len(noisy)} of {len(profile.steps)} times of `{text}` {verb} noisy"
            fix = "measure longer, `--seconds 3`, on a quiet machine"
            yield Finding("noisy", "warning", message, text, "\n".join(lines), fix)


def find_inputs(profile: Profile) -> Iterator[Finding]:
    """Yield inputs that are not the same at each call, or still in use after it."""
    for name in profile.once:
        message = f"`{name}` can be read only once, so no call but the first got all of it"
        yield Finding("used-once", "warning", message, fix="make what can be read again, such as a list or a table")
    for index, text in enumerate(profile.plan.expressions):
        if changed := profile.changed.get(index):
            names = listing(sorted(changed), "and")
            message = f"`{text}` changes {names}, so all calls but the first got what the one before had left"
            fix = f"copy it in all calls alike, such as by `{min(changed)}.copy()`"
            yield Finding("input-changed", "warning", message, text, fix=fix, reference=reference(SKILL, "in-place"))
        for name in sorted(profile.grown.get(index, ())):
            message = f"the first call leaves a UTF-8 copy in `{name}`, which later calls use"
            cause = "text that is not ASCII is converted once, and the copy lives as long as the string"
            yield Finding("utf8-kept", "note", message, text, cause=cause, reference=reference(SKILL, "text-and-bytes"))
        weight = profile.weights.get(index)
        if weight and weight.held:
            message = f"something still refers to {listing(weight.held, 'and')} after the call"
            yield Finding("input-kept", "warning", message, text, reference=reference(SKILL, "proving"))


def find_memory(profile: Profile) -> Iterator[Finding]:
    """Yield what happened to the data."""
    for index, text in enumerate(profile.plan.expressions):
        weight = profile.weights.get(index)
        verdict = judge(profile, index)
        if weight is None:
            continue
        if weight.identical:
            yield Finding("same-object", "note", f"the result is {listing(weight.identical)} itself", text)
        elif weight.shared:
            pair = {weight.shared.first[0], weight.shared.second[0]} - {"result"}
            message = (
                f"the result shares {bytes_of(weight.shared.shared)} with {listing(pair)}: nothing is copied there"
            )
            yield Finding("shared-memory", "note", message, text, reference=reference(SKILL, "returning-arrays"))
        elif names := [name for name in weight.referred if name not in weight.held]:
            message = f"the result refers to {listing(names, 'and')}, and keeps it alive"
            yield Finding("result-refers", "note", message, text, reference=reference(SKILL, "returning-arrays"))
        if verdict.argument == "copied":
            yield Finding(
                "input-copied", "note", f"the input is copied: {verdict.reason}", text, reference=chapter(profile)
            )
        if verdict.result == "copied":
            page = reference(SKILL, "returning-arrays")
            yield Finding(
                "result-copied", "note", f"the result is copied once more: {verdict.reason}", text, reference=page
            )
        if verdict.argument == "unknown":
            message = f"it is unknown whether data were copied: {verdict.reason}"
            fix = enlarge(profile.plan.may_grow) if weight.payload is not None and weight.payload < LEAST else None
            yield Finding("copies-unknown", "note", message, text, fix=fix, reference=reference(SKILL, "proving"))
        elif verdict.argument == "borrowed":
            yield Finding("input-borrowed", "ok", f"the input is read where it is: {verdict.reason}", text)


def enlarge(is_default: bool) -> str:
    """Return how to get larger inputs."""
    return "pass larger `--sizes`" if is_default else "leave out `--sizes`, or pass larger ones"


def chapter(profile: Profile) -> str:
    """Return the chapter on reading an input without a copy."""
    kinds = set(profile.types.values())
    if any(kind.startswith(("pyarrow", "polars")) for kind in kinds):
        return reference(SKILL, "arrow")
    if kinds & {"str", "bytes"}:
        return reference(SKILL, "text-and-bytes")
    if any(kind.startswith(("numpy", "array", "bytearray", "memoryview")) for kind in kinds):
        return reference(SKILL, "buffers-in")
    return reference(SKILL, "costs")


def find_shapes(profile: Profile) -> Iterator[Finding]:
    """Yield times that no line describes."""
    for index, text in enumerate(profile.plan.expressions):
        fit = fit_call(profile, index)
        runs = [(step.n, run) for step in profile.steps if (run := step.runs[index])]
        if fit is None or fit.is_good or not profile.steps[-1].is_read(index):
            continue
        lines = [f"n = {n:,}: {time_of(run.best / n)} an element" for n, run in runs]
        message = f"the times of `{text}` do not fit a fixed cost plus a cost per element"
        if fit.exponent > 1.15:
            message += f"; at the end they grow as n to the power of {fit.exponent:.2f}"
        cause = "memory that no longer fits in a cache, threads that begin at a size, or work that is not in proportion"
        if any(run.is_noisy for _, run in runs) or (profile.others or 0.0) > BUSY:
            cause = f"other processes disturbed the measurement; or {cause}"
        yield Finding(
            "no-line", "note", message, text, "\n".join(lines), cause=cause, reference=reference(SKILL, "costs")
        )


def find_omissions(profile: Profile) -> Iterator[Finding]:
    """Yield which of the usual sizes were left out."""
    if profile.omitted:
        sizes = "; ".join(f"{n:,}" for n in profile.omitted)
        fix = f"pass them if they matter: `--sizes 1,{','.join(map(str, profile.omitted))}`"
        message = f"not measured, because the input would be large or a call slow: n = {sizes}"
        yield Finding("sizes-omitted", "note", message, fix=fix)


def find_ratios(profile: Profile) -> Iterator[Finding]:
    """Yield how the function compares with each reference."""
    first, *others = profile.plan.expressions
    for index, text in enumerate(others, 1) if profile.plan.target.module else ():
        if index in profile.unequal:
            message = f"`{text}` does not return what `{first}` returns, so the two do not do the same work"
            yield Finding("results-differ", "warning", message, text)
        ratios = [(step.n, ratio) for step in profile.steps if (ratio := step.ratio(index))]
        unclear = [f"{n:,}" for n, ratio in ratios if not ratio.is_clear]
        slower = [(n, ratio) for n, ratio in ratios if ratio.is_clear and ratio.value * SLOWER < 1]
        if unclear:
            message = f"whether `{first}` or `{text}` is faster can't be told with n = {'; '.join(unclear)}"
            yield Finding("unclear", "note", message, text, fix="measure longer, `--seconds 3`, on a quiet machine")
        if slower:
            lines = "\n".join(f"n = {n:,}: {ratio_of(ratio)}" for n, ratio in slower)
            level = "warning" if slower[-1][0] == ratios[-1][0] else "note"
            message = f"`{first}` is slower than `{text}` with {len(slower)} of {len(ratios)} sizes"
            page = reference(SKILL, "kernels" if level == "warning" else "costs")
            yield Finding("slower", level, message, text, lines, reference=page)  # type: ignore[arg-type]


CHECKS = (find_failures, find_doubts, find_inputs, find_memory, find_shapes, find_omissions, find_ratios)
