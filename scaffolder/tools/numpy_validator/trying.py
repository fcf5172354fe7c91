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
BREAKDOWNS, TRIES, SLOW_TRIES = 2, 80, 6


@dataclass(frozen=True)
class Flaw:
    """A call that went wrong.

    Attributes:
        id: How.
        case: The call.
        facts: What was seen.
        test: The printed test; none if it can't be told by one.
    """

    id: str
    case: Case
    facts: dict[str, Any]
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
    trials.flaws = [finish(runner, flaw) for flaw in representatives(trials)]
    return trials


def select(layout: str, dtypes: Iterable[str], trials: Trials) -> Iterator[str]:
    """Yield the types to try with a layout; what takes many calls only one of each kind that is accepted."""
    kinds = set()
    for dtype in dtypes:
        usual = trials.cells.get(("contiguous", dtype))
        if usual in {"WRONG", "crash", "hang"} and layout in cases.RUNS:
            continue
        if layout in cases.RUNS and (usual == "refuses" or cases.DTYPES[dtype] in kinds):
            continue
        kinds.add(cases.DTYPES[dtype])
        yield dtype


def attempt(runner: Runner, case: Case, *, fresh: bool = False) -> dict[str, Any]:
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
        return runner.ask("run", fresh=fresh, setup=setup, layout=case.layout, second=second)
    except CrashedError as error:
        problem = {"id": "crashes", "text": error.message, "evidence": error.evidence}
    except HangsError as error:
        problem = {"id": "hangs", "text": error.message, "evidence": error.evidence}
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
        problems.append(
            {"id": "wrong-dtype", "text": f"the result's type is {own}, and usually {usual}", "usual": usual}
        )
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


def family(case: Case) -> str:
    """Return the rows that fail for one reason."""
    return "memory" if case.layout in cases.MEMORY else case.layout


def representatives(trials: Trials) -> Iterator[Flaw]:
    """Yield the flaw to be shrunk for each kind; what fails with plain arrays fails in all rows for that reason."""
    plain = {(flaw.id, flaw.case.dtype) for flaw in trials.flaws if flaw.case.layout == "contiguous"}
    done = set()
    for flaw in trials.flaws:
        key = flaw.id, family(flaw.case), flaw.facts.get("type"), flaw.facts.get("how")
        is_same = flaw.case.layout != "contiguous" and (flaw.id, flaw.case.dtype) in plain
        unstable = flaw.id == "wrong-result" and ("unstable", flaw.case.dtype) in plain
        if key not in done and not is_same and not unstable:
            done.add(key)
            yield flaw


def finish(runner: Runner, flaw: Flaw) -> Flaw:
    """Shrink a flaw's arrays, and write its test; it is kept if it fails by itself."""
    if flaw.case.layout in cases.RUNS or flaw.id == "unstable":
        return flaw
    small = shrink(runner, flaw)
    for candidate in (small, flaw):
        source = printing.test_source(runner.target, candidate.case, candidate.id, candidate.facts, runner.timeout)
        try:
            raised = runner.ask("execute", fresh=True, source=source)["type"]
        except ChildError:
            continue
        if raised == (candidate.facts.get("type") or printing.RAISES.get(candidate.id, "AssertionError")):
            return replace(candidate, test=source)
    return flaw


def shrink(runner: Runner, flaw: Flaw) -> Flaw:
    """Return the flaw with fewer and simpler values, by halving."""
    slow = flaw.id in {"crashes", "hangs"}
    left = (SLOW_TRIES if flaw.id == "crashes" else 2) if slow else TRIES
    progress = True
    while progress and left > 0:
        progress = False
        for case in smaller(flaw.case):
            left -= 1
            if left < 0:
                break
            answer = attempt(runner, case)
            same = [item for item in answer["problems"] if is_same(item, flaw)]
            if same:
                flaw, progress = Flaw(flaw.id, case, same[0]), True
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
