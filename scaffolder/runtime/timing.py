"""Let a child process measure and weigh calls, whatever becomes of it, and read what it answers."""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.machine.children import ChildError, HangsError, RaisedError
from scaffolder.runtime.areas import sharings
from scaffolder.runtime.calls import Runner, refuse_unknown, refuse_unmade
from scaffolder.runtime.memory import Export, Layout, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from scaffolder.runtime.areas import Sharing
    from scaffolder.runtime.calls import Target

    Show = Callable[[str], AbstractContextManager[object]]

SESSION = Path(__file__).parent / "child/timing.py"
# Bytes of input with which memory is looked at, so that pages and counters do not matter; how many elements that may
# take, and how long a call.
HEAVY, MOST_ELEMENTS, LONGEST = 16_000_000, 16_000_000, 5.0
# Bytes of input from which one of the usual sizes is left out.
HEAVIEST = 50_000_000
# Bytes of input that are not in the fastest cache, and more than can be read in a second.
LARGE, FASTEST = 60_000, 500e9
# A part of the time by which a round may be longer than the best one.
NOISE = 0.3
# By which part one call has to be faster than another to be called so.
CLEAR = 0.03
# How often all sizes are measured: what disturbs one of them for a while does not disturb it again.
PASSES = 2


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        target: The function.
        expressions: The calls; the first is compared with all others.
        makes: The inputs, in the order in which they are made.
        libraries: The modules that expressions name, by alias.
        sizes: The sizes in ascending order.
        seconds: How long to measure each call with each size.
        may_grow: Whether memory may be looked at with a larger size.
    """

    target: Target
    expressions: tuple[str, ...]
    makes: dict[str, str]
    libraries: dict[str, str]
    sizes: tuple[int, ...]
    seconds: float
    may_grow: bool

    @property
    def details(self) -> dict[str, Any]:
        """What the child needs beside the function."""
        return {"expressions": list(self.expressions), "makes": self.makes, "libraries": self.libraries}


@dataclass(frozen=True)
class Run:
    """The times of a call.

    Attributes:
        times: The seconds of a call in each round.
        number: How many calls are a round.
        threads: How many processors it kept busy; none if it was too short to tell.
    """

    times: tuple[float, ...]
    number: int
    threads: float | None

    @property
    def best(self) -> float:
        """The shortest time."""
        return min(self.times)

    @property
    def median(self) -> float:
        """The usual time."""
        return statistics.median(self.times)

    @property
    def noise(self) -> float:
        """By which part the usual time exceeds the best."""
        return self.median / self.best - 1

    @property
    def is_noisy(self) -> bool:
        """Whether the rounds differ too much."""
        return self.noise > NOISE

    @property
    def quarter(self) -> float:
        """The time that a quarter of the rounds did not need; what disturbs them only makes them longer."""
        return statistics.quantiles(self.times, n=4, method="inclusive")[0] if len(self.times) > 1 else self.best


@dataclass(frozen=True)
class Ratio:
    """How many times as long one call takes as another.

    Attributes:
        value: By the best times.
        low: By what is least likely to be too high.
        high: By what is least likely to be too low.
        is_noisy: Whether the rounds of one of them differ too much.
    """

    value: float
    low: float
    high: float
    is_noisy: bool

    @property
    def is_clear(self) -> bool:
        """Whether one call is faster, whatever disturbed them."""
        return self.low > 1 + CLEAR or self.high < 1 - CLEAR


@dataclass(frozen=True)
class Step:
    """The calls with one size.

    Attributes:
        n: The size.
        payload: The bytes of the input; none if they are not known.
        runs: The times of each call; none if it failed.
    """

    n: int
    payload: int | None
    runs: tuple[Run | None, ...]

    def is_read(self, index: int) -> bool:
        """Whether a call may have read its input: no machine reads one of this size so fast."""
        run = self.runs[index]
        return run is None or not self.payload or self.payload < LARGE or self.payload / run.best < FASTEST

    def ratio(self, index: int) -> Ratio | None:
        """Return how many times as long another call takes as the first."""
        first, second = self.runs[0], self.runs[index]
        if first is None or second is None:
            return None
        is_noisy = first.is_noisy or second.is_noisy
        low, high = second.best / first.quarter, second.quarter / first.best
        return Ratio(second.best / first.best, low, high, is_noisy)


@dataclass(frozen=True)
class Weight:
    """The memory of a call.

    Attributes:
        n: The size of the input.
        payload: The bytes of the input; none if they are not known.
        peak: By how many bytes memory grew in the call; none if the system does not say.
        traced: How many of them Python or NumPy allocated at most; none if that was not seen.
        result: The bytes that the result has of its own, at least and at most.
        identical: The input that is the result.
        shared: The memory that the result shares with an input.
        referred: The inputs that the result refers to.
        held: The inputs that are still referred to without the result.
    """

    n: int
    payload: int | None
    peak: int | None
    traced: int | None
    result: tuple[int, int]
    identical: tuple[str, ...]
    shared: Sharing | None
    referred: tuple[str, ...]
    held: tuple[str, ...]


@dataclass
class Profile:
    """All that was measured.

    Attributes:
        plan: What was to be.
        python: The Python's version.
        debug: The extensions that are debug builds.
        types: The types of the inputs.
        once: The inputs that can be used once.
        payloads: The bytes of the input by size.
        steps: The times by size.
        weights: The memory of calls, by their place in the plan.
        errors: What a call raised, by its place and the size.
        panics: The calls that raised what is no `Exception`.
        breakdowns: What ended the process: size, what was done, and how it ended.
        changed: The inputs that a call changes, by its place.
        grown: The texts that a call leaves a copy in, by its place.
        unequal: The calls whose result is not that of the first.
        omitted: The sizes that were left out.
        others: How many processors other processes kept busy; none if the system does not say.
    """

    plan: Plan
    python: str = ""
    debug: tuple[str, ...] = ()
    types: dict[str, str] = field(default_factory=dict)
    once: tuple[str, ...] = ()
    payloads: dict[int, int | None] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    weights: dict[int, Weight] = field(default_factory=dict)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)
    panics: set[int] = field(default_factory=set)
    breakdowns: list[tuple[int, str, ChildError]] = field(default_factory=list)
    changed: dict[int, set[str]] = field(default_factory=dict)
    grown: dict[int, set[str]] = field(default_factory=dict)
    unequal: set[int] = field(default_factory=set)
    omitted: tuple[int, ...] = ()
    others: float | None = None


def measure(plan: Plan, python: Path, timeout: float, show: Show) -> Profile:
    """Measure all calls with all sizes, then look at the memory that each takes.

    Raises:
        UsageError: There is no such module, function, library or name, or an input can't be made.
        ScaffolderError: The module can't be imported.
    """
    with Runner(plan.target, python, timeout, SESSION, plan.details) as runner:
        profile = Profile(plan, runner.versions["python"], tuple(runner.versions["debug"]))
        try_sizes(runner, profile, show)
        if not profile.breakdowns:
            profile.others = runner.ask("others")["others"]
    for index in range(len(plan.expressions) if profile.steps and not profile.once else 0):
        # A larger input than one that was refused would be refused, too.
        if any(step.runs[index] and step.n > max(profile.errors.get(index, [0])) for step in profile.steps):
            with show(f"Looking at the memory of {plan.expressions[index]}"):
                weigh(profile, index, python, timeout)
    return profile


def try_sizes(runner: Runner, profile: Profile, show: Show) -> None:
    """Measure all sizes, again and again, until something ends the process."""
    for turn in range(PASSES):
        for n in profile.plan.sizes:
            if profile.plan.may_grow and (n in profile.omitted or (turn == 0 and is_too_large(profile, n))):
                profile.omitted = tuple(sorted({*profile.omitted, n}))
                continue
            with show(f"Measuring with n = {n:,}, {turn + 1} of {PASSES}"):
                try:
                    if turn == 0:
                        examine_size(runner, profile, n)
                    measure_size(runner, profile, n)
                except ChildError as error:
                    what = "the call" if len(profile.plan.expressions) == 1 else "one of the calls"
                    profile.breakdowns.append((n, what, error))
                    return


def is_too_large(profile: Profile, n: int) -> bool:
    """Return whether measuring a size would take long, by what the size before took."""
    if not profile.steps:
        return False
    step = profile.steps[-1]
    return exceeds(n / step.n, step.payload, [run.best for run in step.runs if run], HEAVIEST)


def exceeds(factor: float, payload: int | None, times: Sequence[float], heaviest: int) -> bool:
    """Return whether so many times the input would be heavy, or so many times the slowest call long."""
    return factor * (payload or 0) > heaviest or factor * max(times, default=0.0) > LONGEST


def examine_size(runner: Runner, profile: Profile, n: int) -> None:
    """Try all calls with one size."""
    plan = profile.plan
    answer = runner.ask("examine", n=n)
    refuse_unmade(answer, plan.makes, n)
    profile.types, profile.once = answer["types"], tuple(answer["once"])
    for index, call in enumerate(answer["calls"]):
        if "error" in call:
            refuse_unknown("--reference" if index else "--call", plan.expressions[index], plan.makes, call["unknown"])
            profile.errors.setdefault(index, {})[n] = call["error"]
            profile.panics |= {index} if call["is_panic"] else set()
        else:
            profile.changed.setdefault(index, set()).update(call["changed"])
            profile.grown.setdefault(index, set()).update(call["grown"])
    profile.unequal |= {index for index, equal in enumerate(answer["agree"]) if equal is False}
    profile.payloads[n] = answer["payload"]


def measure_size(runner: Runner, profile: Profile, n: int) -> None:
    """Measure all calls with one size, and add the times to those of the pass before."""
    plan = profile.plan
    works = [index for index in range(len(plan.expressions)) if n not in profile.errors.get(index, {})]
    if not works:
        return
    runs: list[Run | None] = [None] * len(plan.expressions)
    seconds = plan.seconds / PASSES
    # Measuring for as long as one asked for is not hanging.
    timeout = runner.timeout + len(works) * seconds
    answers = runner.ask("measure", timeout, n=n, indexes=works, seconds=seconds)["runs"]
    place = next((place for place, step in enumerate(profile.steps) if step.n == n), None)
    for index, run in zip(works, answers, strict=True):
        before = profile.steps[place].runs[index] if place is not None else None
        times = (*(before.times if before else ()), *run["times"])
        runs[index] = Run(times, run["number"], run["threads"])
    step = Step(n, profile.payloads[n], tuple(runs))
    if place is None:
        profile.steps.append(step)
    else:
        profile.steps[place] = step


def heavy_size(profile: Profile, index: int) -> int:
    """Return the size with which memory is looked at: one that weighs enough, if a call with it does not take long."""
    step = profile.steps[-1]
    run = step.runs[index]
    payload = step.payload or 0
    if not profile.plan.may_grow or not payload or payload >= HEAVY or run is None:
        return step.n
    factor = min(HEAVY / payload, MOST_ELEMENTS / step.n, max(1.0, LONGEST / max(run.best, 1e-9)))
    return max(step.n, int(step.n * factor))


def weigh(profile: Profile, index: int, python: Path, timeout: float) -> None:
    """Look at the memory of a call, in a process of its own."""
    plan, n = profile.plan, heavy_size(profile, index)
    try:
        with Runner(plan.target, python, timeout, SESSION, plan.details) as runner:
            small = next(step.n for step in profile.steps if step.runs[index])
            answer = runner.ask("weigh", index=index, n=n, small=small)
    except (HangsError, RaisedError):
        return  # what is not known is said
    except ChildError as error:
        profile.breakdowns.append((n, f"`{plan.expressions[index]}`", error))
        return
    subjects = [subject_of(name, exports) for name, exports in answer["exports"].items()]
    shared = [sharing for sharing in sharings(tuple(subjects)) if "result" in {sharing.first[0], sharing.second[0]}]
    best = max((sharing for sharing in shared if sharing.shared), key=lambda sharing: sharing.shared, default=None)
    own = (0, 0) if best or answer["identical"] else own_bytes(answer["size"], answer["kept"], answer["is_piece"])
    profile.weights[index] = Weight(
        n, answer["payload"], answer["growth"], answer["traced"], own,
        tuple(answer["identical"]), best, tuple(answer["referred"]), tuple(answer["held"]),
    )  # fmt: skip


def own_bytes(size: int | None, kept: int | None, is_piece: bool) -> tuple[int, int]:
    """Return the bytes that a result has of its own, at least and at most, by its size and by what memory grew."""
    if is_piece and size is not None:
        return size, size
    if kept is None:
        return 0, sys.maxsize if size is None else size
    # What is counted may be in use elsewhere, and what was kept may be free; of other classes only that is known.
    most = max(0, kept)
    return most if size is None else min(size, most), most


def subject_of(name: str, exports: dict[str, Any]) -> Subject:
    """Return an object with the memory that it exports."""
    layouts = {protocol: tuple(map(Layout.of, values)) for protocol, values in exports.items()}
    return Subject(name, "", "", (), {key: Export(key, "exports", "", value) for key, value in layouts.items()})
