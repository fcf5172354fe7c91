"""What calls in threads showed, as findings."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.toolkit import Finding, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.hammering import ModuleRunner
    from scaffolder.rust.threads import Scan
    from scaffolder.toolkit import Level
    from scaffolder.tools.thread_safety_checker.trying import Call, Problem, Trials

TOOL = "thread_safety_checker"
SKILL = "pyo3-performance-gil-parallel"
# How many calls a message names.
NAMED = 3


@dataclass(frozen=True)
class Kind:
    """What a kind of problem means.

    Attributes:
        level: How bad it is.
        message: What happened, with the calls, the numbers and the first texts.
        cause: Why.
        fix: What to change.
        chapter: The chapter that explains it, with the section after a `#`.
    """

    level: Level
    message: str
    cause: str | None
    fix: str | None
    chapter: str | None


ORDER = "one thread does not get it from the same calls, so it depends on what other threads do meanwhile"
KINDS = {
    "borrow-fails": Kind(
        "error", "{calls}: {count} of {total} calls raise `{text}`",
        "a method with `&mut self` was still running: it detaches, or runs Python code, while the object is borrowed",
        "take `&self` in a `#[pyclass(frozen)]`, with what changes in an atomic or a `Mutex`",
        "python-threads#borrow-errors",
    ),
    "deadlock": Kind(
        "error", "{calls} in {threads} threads: no call comes to an end{attached}",
        "each thread waits for what another one has: two locks, or a lock and the interpreter",
        "release a lock before you detach or run Python code; take locks in one order; wait only while detached",
        "deadlocks#where-they-come-from",
    ),
    "waits-attached": Kind(
        "error", "{calls} waits while attached, and does not end: no other thread can run Python code",
        "what it waits for may need the interpreter, which it keeps", "wait in `py.detach(|| …)`", "deadlocks#workers",
    ),
    "busy": Kind(
        "warning", "{calls} in {threads} threads: calls do not end in time, and a thread may still compute", None,
        "raise `--timeout`, or look for a loop that waits for another thread", "deadlocks#find-one",
    ),
    "crashes": Kind(
        "error", "{calls} in {threads} threads: the call {text}",
        "memory is used while another thread changes or frees it",
        "put it behind a lock, or share an `Arc`; each `unsafe` block must be right for several threads",
        "free-threading",
    ),
    "crashes-alone": Kind(
        "warning", "{calls}: the call {text}, in one thread as well", None, None, None,
    ),
    "panic": Kind(
        "error", "{calls}: {count} of {total} calls panic: `{text}`", ORDER,
        "handle the case that a lock is taken or poisoned, or that another thread was faster", "locks",
    ),
    "results-differ": Kind(
        "error", "{calls}: {count} of {total} results differ from those of one thread", ORDER,
        "keep a check and what follows from it under one lock, and share no buffer between calls",
        "locks#a-moment-of-rust",
    ),
    "state-differs": Kind(
        "error", "{calls}: afterwards `{texts[0]}` is {texts[1]}, and {texts[2]} after as many calls in one thread",
        "some changes were lost, or made twice", "change it under one lock, or by one atomic operation",
        "atomics#one-step-not-two",
    ),
    "updates-lost": Kind(
        "error", "{calls}: {count} of {total} numbers came twice, or never", "between its reading and writing other "
        "threads change the counter", "use one atomic operation, such as `fetch_add`, or hold a lock meanwhile",
        "atomics#one-step-not-two",
    ),
    "made-twice": Kind(
        "error", "{calls}: {count} different objects were returned, where one thread always gets the same",
        "several threads saw that it was not there yet, and each made one", "make it in `PyOnceLock::get_or_init`",
        "locks#once",
    ),
    "thread-fails": Kind(
        "warning", "{calls}: {count} of {total} calls raise `{text}`", ORDER,
        "wait for the other thread (detached) instead, or document the exception", "testing-threads#a-hammer",
    ),
    "thread-refused": Kind(
        "note", "{calls} raises `{text}` in other threads than the main one", None, None, "testing-threads",
    ),
    "unsendable": Kind(
        "warning", "{calls}: {count} of {total} calls are refused: the object belongs to the thread that made it",
        "the class is `unsendable`",
        "make it `Send` and `Sync`, with a `Mutex` or atomics in place of `Cell`, `RefCell` and `Rc`",
        "python-threads#a-shared-object",
    ),
    "memory-grows": Kind(
        "warning", "{calls}: each call leaves {bytes} behind", "what it allocates is kept, or is lost with its thread",
        "look for what is leaked, or grows without a bound", "memory#what-rust-keeps",
    ),
    "panics-alone": Kind("note", "{calls} panics in one thread as well: `{text}`", None, None, None),
    "blocks": Kind("note", "{calls} does not end in one thread, so it was not tried in several", None, None, None),
    "refused": Kind(
        "warning", "{calls} raises `{text}` in one thread, so it was not tried", None, "look at `--call`", None,
    ),
    "fails": Kind("warning", "{calls} could not be tried: {text}", None, None, None),
}  # fmt: skip


def describe_problem(problem: Problem, trials: Trials, runner: ModuleRunner, scan: Scan | None) -> Finding:
    """Return the finding of a problem."""
    kind, facts = KINDS[problem.id], problem.facts
    texts = facts.get("texts") or [""]
    attached = {True: ", nor does any other Python code", False: ""}[bool(facts.get("attached"))]
    message = kind.message.format(
        calls=name_calls(problem), count=facts.get("count"), total=facts.get("total"), text=texts[0], texts=texts,
        threads=trials.threads, attached=attached, bytes=f"{facts.get('bytes') or 'objects'}"
        f"{' bytes' if facts.get('bytes') else ''}",
    )  # fmt: skip
    evidence = [problem.evidence] if problem.evidence else []
    if problem.id == "results-differ":
        evidence = [f"several threads: {texts[0]}", f"one thread: {texts[-1]}"]
    evidence.append(f"again: {command_of(problem, trials, runner)}")
    place = problem.place or (scan.place_of(problem.calls[0], problem.makes) if scan else None) or runner.module
    page = reference(SKILL, *kind.chapter.split("#")) if kind.chapter else None
    return Finding(problem.id, kind.level, message, place, "\n".join(evidence), kind.fix, page, kind.cause)


def name_calls(problem: Problem) -> str:
    """Return the calls for a message."""
    names = [f"`{text}`" for text in problem.calls[:NAMED]]
    rest = len(problem.calls) - NAMED
    text = f"{', '.join(names)} and {rest} other calls" if rest > 0 else " and ".join(names)
    used = " ".join(problem.calls)
    makes = [f"`{name} = {make}`" for name, make in problem.makes if name in used]
    return f"{text} with {' and '.join(makes)}" if makes else text


def command_of(problem: Problem, trials: Trials, runner: ModuleRunner) -> str:
    """Return the command that tries the same calls again."""
    words = ["pyo3-new", "tool", TOOL, runner.module]
    words += [word for name, make in problem.makes for word in ("--make", f"{name}={make}")]
    words += [word for text in problem.calls for word in ("--call", text)]
    return shlex.join([*words, "--threads", str(trials.threads), "--python", str(runner.python)])


def describe_limits(trials: Trials, runner: ModuleRunner) -> Iterator[Finding]:
    """Yield what was not tried, and what no trial can show."""
    words = {
        "arguments": "no made argument was accepted: write calls of them with `--make` and `--call`",
        "time": "there was no time left: raise `--seconds`",
        "blocks": "these calls do not end in one thread",
    }
    for reason, names in trials.omissions.items():
        text = f"not tried: {some_of(names)}; {words[reason]}"
        # Where no call was tried at all, nothing else says so.
        level: Level = "warning" if reason == "time" and not trials.comparisons else "note"
        yield Finding("not-tried", level, text, runner.module, "\n".join(names))
    if trials.unmixed:
        count = f"{trials.unmixed} combination{'s' if trials.unmixed > 1 else ''} of calls"
        yield Finding("not-tried", "note", f"not tried: {count}; {words['time']}", runner.module)
    uncompared = [call.text for call, basis in trials.comparisons if basis in {"nothing", "thread"}]
    if uncompared:
        text = f"not compared, because results change from call to call: {some_of(uncompared)}"
        yield Finding("not-compared", "note", text, runner.module, "\n".join(uncompared))
    if runner.facts["gil_again"]:
        text = "the import turned the GIL on again, in a Python built without it"
        fix = "leave out `gil_used = true` once the module is safe without the GIL"
        yield Finding(
            "gil-again", "warning", text, runner.module, fix=fix, reference=reference(SKILL, "free-threading")
        )
    if not runner.facts["free_threaded"]:
        text = (
            "this Python has a GIL: of calls that neither detach nor run Python code one ends before the next begins, "
            "so that races in them, such as in `unsafe` code, do not show"
        )
        page = reference(SKILL, "testing-threads", "what-a-gil-hides")
        yield Finding("not-shown", "note", text, runner.module, fix="try a free-threaded Python, too", reference=page)


def some_of(names: list[str]) -> str:
    """Return names for a message: all of a few."""
    rest = len(names) - 2 * NAMED
    return (
        f"{', '.join(f'`{name}`' for name in names[: 2 * NAMED])} and {rest} more"
        if rest > 0
        else listing(names, "and")
    )


def merge_problems(problems: list[Problem]) -> list[Problem]:
    """Return problems: of the same calls each kind, of one thread each panic and each function that waits attached."""
    unique: dict[tuple[object, ...], Problem] = {}
    for problem in problems:
        key: tuple[object, ...] = (problem.calls, problem.makes)
        if problem.id == "panics-alone":
            key = (*problem.facts["texts"],)
        elif problem.id == "waits-attached":
            key = (problem.calls[0].partition("(")[0], problem.makes)
        unique.setdefault((problem.id, *key), problem)
    return list(unique.values())


def names_of(call: Call) -> str:
    """Return a call with the object that it uses."""
    makes = " ; ".join(f"{name} = {make}" for name, make in call.makes)
    return f"{makes} ; {call.text}" if makes else call.text
