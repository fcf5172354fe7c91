"""Find the calls of a module that succeed, and make them in several threads."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaffolder.errors import UsageError
from scaffolder.machine.children import ChildError, CrashedError
from scaffolder.runtime.hammering import without_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from scaffolder.runtime.hammering import ModuleRunner

    Makes = tuple[tuple[str, str], ...]
    Show = Callable[[str], AbstractContextManager[object]]

# Calls of one class that are made in pairs; how often a function that ends its process is tried, and one that hangs.
MOST_PAIRED, ATTEMPTS, MOST_HANGS = 6, 4, 2
# How long a call may take that is tried for the first time.
FITTING = 3.0


@dataclass(frozen=True)
class Call:
    """A call that succeeds in one thread.

    Attributes:
        text: The expression.
        makes: The objects that it uses, and what makes each.
        kind: `call`, `attribute`, or `use` by an operator.
        seconds: How long it takes.
    """

    text: str
    makes: Makes
    kind: str
    seconds: float


@dataclass(frozen=True)
class Problem:
    """What went wrong.

    Attributes:
        id: How.
        calls: The calls.
        makes: The objects that they use.
        facts: What was seen: `count`, `total`, `texts`.
        evidence: What shows it.
        place: Where in Rust it was, if that is known.
    """

    id: str
    calls: tuple[str, ...]
    makes: Makes
    facts: dict[str, Any]
    evidence: str | None = None
    place: str | None = None


@dataclass
class Trials:
    """All that was tried.

    Attributes:
        threads: How many threads made the calls.
        problems: What went wrong.
        comparisons: The calls, and what could be compared.
        omissions: Functions and classes that were not tried, by the reason.
        mixes: How many combinations of calls were made at the same time.
        unmixed: How many were not, for want of time.
    """

    threads: int
    problems: list[Problem] = field(default_factory=list)
    comparisons: list[tuple[Call, str]] = field(default_factory=list)
    omissions: dict[str, list[str]] = field(default_factory=dict)
    mixes: int = 0
    unmixed: int = 0

    def leave(self, reason: str, name: str) -> None:
        """Record what was not tried."""
        self.omissions.setdefault(reason, []).append(name)


@dataclass
class Plan:
    """What is to be done.

    Attributes:
        calls: The calls that somebody wrote; without any, those that are found to succeed.
        makes: What makes the objects in them.
        threads: How many threads make them.
        seconds: When to begin no other.
    """

    calls: tuple[str, ...]
    makes: Makes
    threads: int
    seconds: float


def try_module(runner: ModuleRunner, plan: Plan, show: Show) -> Trials:
    """Try a module."""
    trials, end = Trials(plan.threads), time.monotonic() + plan.seconds
    with show(f"Importing {runner.module}"):
        runner.begin()
        runner.refuse_python(is_told=bool(plan.calls or plan.makes))
    groups = [check_calls(runner, plan, trials)] if plan.calls else list(find_calls(runner, plan, trials, show, end))
    # A new process: the first use is one of several threads.
    runner.close()
    functions: list[Call] = []
    for calls in groups:
        clean = [call for call in calls if try_call(runner, trials, call, end, show)]
        if calls and calls[0].makes:
            for mix in combine([call for call in clean if call.kind == "call"], clean):
                try_mix(runner, trials, mix, end, show)
        else:
            functions += clean
    if len(functions) > 1:
        try_mix(runner, trials, functions, end, show)
    runner.close()
    return trials


def check_calls(runner: ModuleRunner, plan: Plan, trials: Trials) -> list[Call]:
    """Return the calls that somebody wrote, each made once."""
    calls = []
    for text in plan.calls:
        try:
            answer = runner.ask("check", text=text, makes=plan.makes)
        except ChildError as error:
            trials.problems.append(breakdown(runner, error, Call(text, plan.makes, "call", 0.0), alone=True))
            continue
        if answer["raises"]:
            trials.problems.append(Problem("refused", (text,), plan.makes, {"texts": [answer["raises"]]}))
        else:
            calls.append(Call(text, plan.makes, "call", answer["seconds"]))
    return calls


def find_calls(runner: ModuleRunner, plan: Plan, trials: Trials, show: Show, end: float) -> Iterator[list[Call]]:
    """Yield the calls of each function and class, or of each object, that succeed with made arguments."""
    requests = [(name, {"name": name, "makes": plan.makes}) for name, _ in plan.makes]
    if not plan.makes:
        survey = runner.ask("survey")
        requests = [(path, {"path": path}) for path in [*survey["functions"], *survey["classes"]]]
    for name, request in requests:
        if time.monotonic() > end:
            trials.leave("time", name)
            continue
        with show(f"Looking for calls of {name}"):
            calls, panics, is_over = fit_calls(runner, trials, request)
        trials.problems += [Problem("panics-alone", (text,), (), {"texts": [error]}) for text, error in panics]
        if not calls and not is_over:
            trials.leave("arguments", name)
        yield calls


def fit_calls(
    runner: ModuleRunner, trials: Trials, request: dict[str, Any]
) -> tuple[list[Call], list[tuple[str, str]], bool]:
    """Return the calls of a function, class or object, those that panic, and whether one ended its process.

    Raises:
        UsageError: The object can't be made.
    """
    skip: list[str] = []
    hangs = 0
    verb = "fit" if "path" in request else "fit_object"
    usual, runner.timeout = runner.timeout, min(runner.timeout, FITTING)
    try:
        for _ in range(ATTEMPTS):
            try:
                answer = runner.ask(verb, skip=skip, **request)
            except ChildError as error:
                skip.append(record_end(runner, error, trials))
                hangs += runner.standstill is not None
                if hangs == MOST_HANGS:
                    break  # Most likely it does so with any argument, and each try takes the time of other functions.
                continue
            if answer.get("raises"):
                make = next(make for name, make in request["makes"] if name == request["name"])
                hint = f"write an expression of the names in `{runner.module}`"
                raise UsageError(f"`--make {request['name']}={make}` raises `{answer['raises']}`", hint)
            makes = tuple((name, make) for name, make in answer["makes"])
            calls = [Call(item["text"], makes, item["kind"], item["seconds"]) for item in answer["calls"]]
            return calls, answer["panics"], bool(skip)
    finally:
        runner.timeout = usual
    return [], [], True


def record_end(runner: ModuleRunner, error: ChildError, trials: Trials) -> str:
    """Record a call that ended its process or does not end, and return it."""
    makes, text = runner.step
    problem = breakdown(runner, error, Call(text, makes, "call", 0.0), alone=True)
    if problem.id == "blocks":
        trials.leave("blocks", text)
    else:
        trials.problems.append(problem)
    return text


def breakdown(
    runner: ModuleRunner, error: ChildError, call: Call, *, alone: bool, texts: tuple[str, ...] = ()
) -> Problem:
    """Return what ended a process, or stopped it."""
    texts, standstill = texts or (call.text,), runner.standstill
    if isinstance(error, CrashedError):
        kind = "crashes-alone" if alone else "crashes"
        evidence = without_ours(runner.output) or error.evidence
        return Problem(kind, texts, call.makes, {"texts": [error.message]}, evidence, runner.panic_place)
    if standstill is None:
        return Problem("fails", texts, call.makes, {"texts": [error.message]}, error.evidence)
    if alone:
        kind = "waits-attached" if standstill.is_attached and standstill.is_busy is False else "blocks"
    else:
        kind = "deadlock" if standstill.is_busy is False else "busy"
    facts = {"attached": standstill.is_attached, "texts": []}
    return Problem(kind, texts, call.makes, facts, standstill.stacks or None)


def try_call(runner: ModuleRunner, trials: Trials, call: Call, end: float, show: Show) -> bool:
    """Make a call in all threads; return whether nothing was wrong."""
    if time.monotonic() > end:
        trials.leave("time", call.text)
        return False
    with show(f"{call.text} in {trials.threads} threads"):
        problems, basis = hammer(runner, trials, call, (call.text,))
    trials.problems += problems
    trials.comparisons.append((call, basis))
    return not problems


def hammer(runner: ModuleRunner, trials: Trials, call: Call, texts: tuple[str, ...]) -> tuple[list[Problem], str]:
    """Make calls in all threads, and return what went wrong and what could be compared."""
    request: dict[str, Any] = {"makes": call.makes, "calls": texts, "seconds": call.seconds}
    try:
        answer = runner.ask("hammer", threads=trials.threads, **request)
    except ChildError as error:
        problem = breakdown(runner, error, call, alone=False, texts=texts)
        return [confirm(runner, problem, request)], "errors"
    place = runner.panic_place
    problems = [
        Problem(item["id"], texts, call.makes, item, None, place if item["id"] == "panic" else None)
        for item in answer["problems"]
    ]
    return problems, answer["basis"]


def confirm(runner: ModuleRunner, problem: Problem, request: dict[str, Any]) -> Problem:
    """Return the problem of threads, or that of one thread if as many calls in that end the process, too."""
    try:
        runner.ask("hammer", threads=1, **request)
    except ChildError as error:
        call = Call("", problem.makes, "call", 0.0)
        alone = breakdown(runner, error, call, alone=True, texts=problem.calls)
        is_same = (alone.id == "crashes-alone") == (problem.id == "crashes")
        return alone if is_same else problem
    return problem


def combine(calls: list[Call], every: list[Call]) -> Iterable[list[Call]]:
    """Yield the combinations of calls of one object."""
    yield from map(list, itertools.combinations(calls[:MOST_PAIRED], 2))
    if len(every) > 2:
        yield every


def try_mix(runner: ModuleRunner, trials: Trials, calls: list[Call], end: float, show: Show) -> None:
    """Make different calls at the same time: the results depend on their order, so that only errors count."""
    if time.monotonic() > end:
        trials.unmixed += 1
        return
    slowest = max(calls, key=lambda call: call.seconds)
    texts = tuple(call.text for call in calls)
    with show(f"{len(texts)} calls in {trials.threads} threads"):
        problems, _ = hammer(runner, trials, slowest, texts)
    trials.problems += problems
    trials.mixes += 1
