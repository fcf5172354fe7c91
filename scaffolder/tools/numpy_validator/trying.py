"""Try a function with all arrays, in child processes, and shrink what fails."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from scaffolder.machine.children import ChildError, CrashedError, HangsError
from scaffolder.tools.numpy_validator import cases, printing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scaffolder.runtime.calls import Runner
    from scaffolder.tools.numpy_validator.cases import Case, Shapes

# What a cell of the table says, the worst first.
WORDS = {
    "crashes": "crash", "hangs": "hang", "read-only-written": "WRITES", "panic": "PANIC", "input-changed": "CHANGES",
    "wrong-result": "WRONG", "result-overwritten": "WRONG", "thread-race": "WRONG", "unstable": "WRONG",
    "thread-fails": "fails", "memory-grows": "GROWS", "wrong-exception": "raises", "result-aliases": "aliases",
    "wrong-dtype": "dtype", "input-kept": "keeps",
}  # fmt: skip
# After so many crashes or hangs a row is tried no further; and how many calls shrinking may take.
BREAKDOWNS, TRIES = 2, 80
# Seconds that a test may take beside the call: it may start a process.
PATIENCE = 30


@dataclass(frozen=True)
class Flaw:
    """A call that went wrong.

    Attributes:
        id: How.
        case: The call.
        facts: What was seen.
        rows: The cells where the same goes wrong.
        test: The printed test; none if it can't be told by one.
    """

    id: str
    case: Case
    facts: dict[str, Any]
    rows: tuple[str, ...] = ()
    test: str | None = None


@dataclass
class Trials:
    """All that was tried.

    Attributes:
        versions: Of NumPy and of Python.
        cells: What happened, for each layout and type.
        flaws: The calls that went wrong.
        remarks: What was seen that is no flaw, by its name, with the rows.
    """

    versions: dict[str, Any] = field(default_factory=dict)
    cells: dict[tuple[str, str], str] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)


def try_all(runner: Runner, shapes: Shapes, seed: int, dtypes: list[str]) -> Trials:
    """Try every layout with every type, and shrink one failure of each kind."""
    trials = Trials(runner.versions)
    broken: dict[str, int] = {}
    types: dict[str, str | None] = {}
    for layout in cases.LAYOUTS:
        for dtype in select(layout, dtypes, trials):
            for case in cases.all_cases(layout, dtype, shapes, seed):
                if broken.get(layout, 0) >= BREAKDOWNS:
                    trials.cells.setdefault((layout, dtype), "not tried")
                    continue
                answer = attempt(runner, case)
                broken[layout] = broken.get(layout, 0) + (answer["outcome"] in {"crashes", "hangs"})
                if layout == "contiguous":
                    types[dtype] = answer.get("dtype")
                record(trials, case, answer, types, runner.target.reference)
    small = [(flaw, shrink(runner, flaw) if is_printable(flaw) else flaw) for flaw in representatives(trials)]
    # What is left behind by all these calls would be a cause, too.
    runner.close()
    trials.flaws = [print_test(runner, *pair) for pair in small]
    return trials


def select(layout: str, dtypes: Iterable[str], trials: Trials) -> Iterator[str]:
    """Yield the types to try with a layout; what takes many calls only one of each kind that is accepted."""
    kinds = set()
    for dtype in dtypes:
        usable = trials.cells.get(("contiguous", dtype)) not in {"WRONG", "crash", "hang", "refuses", "raises", "PANIC"}
        if layout in cases.RUNS and (cases.DTYPES[dtype] in kinds or not usable):
            continue
        kinds.add(cases.DTYPES[dtype])
        yield dtype


def attempt(runner: Runner, case: Case) -> dict[str, Any]:
    """Try a call, and return what happened, also if it ended the process."""
    setup, in_place = cases.setup(case), runner.target.in_place
    try:
        if case.layout == "repeated":
            return runner.ask("run_repeats", setup=setup)
        if case.layout == "threads, shared" and in_place:
            return {"outcome": "not tried", "problems": []}
        if case.layout in cases.RUNS:
            count = 4 if case.layout == "threads, own" else 1
            setups = [cases.setup(replace(case, seed=case.seed + number)) for number in range(count)]
            return runner.ask("run_threads", setups=setups)
        second = cases.setup(replace(case, seed=case.seed + 1)) if case.layout == "contiguous" else None
        return runner.ask("run", setup=setup, layout=case.layout, second=second)
    except (CrashedError, HangsError) as error:
        kind = "hangs" if isinstance(error, HangsError) else "crashes"
        problem = {"id": kind, "text": f"the call {error.message}", "evidence": error.evidence}
    except ChildError as error:
        # Our own part raised it: what it got can't be used as an array is.
        return {"outcome": "not tried", "problems": [{"id": "not-tried", "text": error.message, "how": "error"}]}
    return {"outcome": problem["id"], "problems": [problem]}


def record(
    trials: Trials, case: Case, answer: dict[str, Any], types: dict[str, str | None], reference: str | None
) -> None:
    """Take up what came of a call."""
    problems = list(answer["problems"])
    usual, own = types.get(case.dtype), answer.get("dtype")
    varies = case.layout in {"empty", "0-d", "size 1", "large"} and usual and own and usual != own
    if varies and reference is None:
        problems.append({"id": "wrong-dtype", "text": f"got {own}, usually {usual}", "usual": usual})
    if reference is None and case.layout == "contiguous":
        problems = [{**item, "id": "unstable"} if item["id"] == "wrong-result" else item for item in problems]
    flaws = [Flaw(item["id"], case, item) for item in problems if item["id"] in WORDS]
    for item in problems:
        if item["id"] not in WORDS:
            trials.remarks.setdefault(item["id"], []).append(f"{case.layout} {case.dtype}")
    trials.flaws += flaws
    words = [WORDS[flaw.id] for flaw in flaws]
    word = min(words, key=list(WORDS.values()).index, default=answer["outcome"])
    cell = (case.layout, case.dtype)
    before = trials.cells.get(cell, "refuses")
    # The worst of a cell's calls; one that is accepted says more than one that is refused.
    order = [*WORDS.values(), "not tried", "?", "ok", "refuses"]
    trials.cells[cell] = min(before, word, key=order.index)


def representatives(trials: Trials) -> Iterator[Flaw]:
    """Yield the flaw to be shrunk for each kind; what fails with plain arrays fails in all rows for that reason."""
    plain = {(flaw.id, flaw.case.dtype) for flaw in trials.flaws if flaw.case.layout == "contiguous"}
    whole = {(flaw.id, flaw.case.layout, flaw.case.dtype) for flaw in trials.flaws if flaw.case.memory == "contiguous"}
    groups: dict[tuple[str | None, ...], list[Flaw]] = {}
    for flaw in trials.flaws:
        # Values that are wrong in one piece are so in every layout, for the same reason.
        if flaw.case.memory != "contiguous" and (flaw.id, flaw.case.layout, flaw.case.dtype) in whole:
            continue
        reasons = {flaw.id, "unstable"} if flaw.id == "wrong-result" else {flaw.id}
        if flaw.case.layout == "contiguous" or not any((reason, flaw.case.dtype) in plain for reason in reasons):
            # All that is not in one piece is taken for one reason.
            reason = "memory" if flaw.case.memory in cases.MEMORY else flaw.case.layout
            groups.setdefault((flaw.id, reason, flaw.facts.get("type"), flaw.facts.get("how")), []).append(flaw)
    for flaws in groups.values():
        names = dict.fromkeys(f"{flaw.case.layout} {flaw.case.dtype}" for flaw in flaws)
        yield replace(flaws[0], rows=tuple(names))


def is_printable(flaw: Flaw) -> bool:
    """Return whether a flaw does not come from time or from many calls."""
    return flaw.case.layout not in cases.RUNS and flaw.id != "unstable"


def print_test(runner: Runner, flaw: Flaw, small: Flaw) -> Flaw:
    """Write the test of a flaw, and run it; it is kept if it fails by itself."""
    for candidate in (small, flaw) if is_printable(flaw) else ():
        source = printing.test_source(runner.target, candidate.case, candidate.id, candidate.facts, runner.timeout)
        try:
            raised = runner.ask("execute", runner.timeout + PATIENCE, source=source)["type"]
        except ChildError:
            continue
        if raised == (candidate.facts.get("type") or printing.RAISES.get(candidate.id, "AssertionError")):
            return replace(candidate, test=source)
    return flaw


def shrink(runner: Runner, flaw: Flaw) -> Flaw:
    """Return the flaw with fewer and simpler values, by halving."""
    left = {"crashes": 6, "hangs": 2}.get(flaw.id, TRIES)
    progress = True
    while progress and left > 0:
        progress = False
        for case in smaller(flaw.case):
            left -= 1
            if left < 0:
                break
            answer = attempt(runner, case)
            if same := [item for item in answer["problems"] if is_same(item, flaw)]:
                flaw, progress = replace(flaw, case=case, facts=same[0]), True
                break
    return flaw


def is_same(problem: dict[str, Any], flaw: Flaw) -> bool:
    """Return whether a problem is of a flaw's kind."""
    names = ("type", "how", "array")
    return problem["id"] == flaw.id and all(problem.get(name) == flaw.facts.get(name) for name in names)


def smaller(case: Case) -> Iterator[Case]:
    """Yield cases with smaller arrays, then with simpler values."""
    sizes = {
        name: size
        for array, shape in case.shapes
        for name, size in zip(case.plan.arrays[array], shape, strict=False)
        if isinstance(name, str)
    }
    for name, size in sizes.items():
        for length in dict.fromkeys((1, size // 2, size - 1)):
            if 0 < length < size:
                yield replace(case, shapes=cases.resolve(case.plan, {**sizes, name: length}), values=())
    plain = cases.as_source(4, case.kind)
    current = {array: cases.values_of(case, array, shape) for array, shape in case.shapes}
    if max(map(len, current.values())) > cases.LONGEST:
        return
    for array, values in current.items():
        step = len(values)
        while step:
            for start in range(0, len(values), step):
                simple = (*values[:start], *[plain] * len(values[start : start + step]), *values[start + step :])
                if simple != values:
                    yield replace(case, values=tuple({**current, array: simple}.items()))
            step //= 2
