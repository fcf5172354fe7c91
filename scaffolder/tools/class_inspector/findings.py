"""What is wrong with classes, by what was seen of them and of their objects."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scaffolder.errors import listing
from scaffolder.toolkit import Finding, by_level, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.facts import Breakdown, ClassFacts, Inspection, Trial

SKILL = "pyo3-classes-modules"
# pickle's oldest protocols can't make an object that takes arguments.
MODERN = re.compile(r"pickle [2-9]")
SURVIVES = {"equal", "identical", "unknown"}


@dataclass(frozen=True, eq=False)
class Subject:
    """A class, its name in messages, and the trials of its objects."""

    facts: ClassFacts
    name: str
    trials: tuple[dict[str, Trial], ...]

    def each(self, name: str) -> Iterator[Trial]:
        """Yield the trials of this name, or those that begin with it."""
        yield from (trial for trials in self.trials for key, trial in trials.items() if key.startswith(name))


def find(inspection: Inspection) -> tuple[Finding, ...]:
    """Return the findings, the most serious first."""
    findings = [
        describe_breakdown(breakdown, inspection) for breakdown in inspection.breakdowns if breakdown.step != ("stubs",)
    ]
    subjects = [
        Subject(facts, inspection.short(facts.path), tuple(inspection.trials_by_class[facts.path].values()))
        for facts in inspection.classes
    ]
    for subject in subjects:
        findings += [replace(finding, where=subject.facts.path) for check in CHECKS for finding in check(subject)]
    for check_all in (find_homeless, find_unhashable, find_unpickled):
        findings += [replace(finding, where=inspection.module) for finding in check_all(subjects)]
    for remark in inspection.undescribed:
        message = f"`{inspection.short(remark.path)}` can't be described"
        findings.append(Finding("undescribed", "warning", message, remark.path, remark.text))
    findings += find_differences(inspection)
    return by_level(findings)


def describe_breakdown(breakdown: Breakdown, inspection: Inspection) -> Finding:
    """Return the finding for a step that ended the process, or did not end."""
    path, *rest = breakdown.step
    if path == "construct":
        what, where = f"`{inspection.short(rest[0])}()`", rest[0]
    else:
        what, where = f"`{rest[1]}` of `{rest[0]}`", path
    if breakdown.end is None:
        return Finding("hang", "error", f"{what} did not end in time", where, breakdown.evidence or None)
    page = reference("pyo3-fundamentals", "panics")
    message = f"{what} ended the process ({breakdown.end})"
    return Finding("crash", "error", message, where, breakdown.evidence or None, reference=page)


def names_of(subjects: list[Subject]) -> str:
    """Return the names of classes for a sentence: all of a few, or how many there are."""
    return listing([subject.name for subject in subjects], "and") if len(subjects) < 5 else f"{len(subjects)} classes"


def lines_of(subjects: list[Subject]) -> str | None:
    """Return the names of many classes, a line each."""
    return "\n".join(subject.facts.path for subject in subjects) if len(subjects) >= 5 else None


def find_homeless(subjects: list[Subject]) -> Iterator[Finding]:
    """Yield modules that do not have the classes that say they do, unless pickle does without."""
    by_module: dict[str | None, list[Subject]] = {}
    for subject in subjects:
        facts = subject.facts
        is_pickled = any(trial.outcome in SURVIVES for trial in subject.each("pickle "))
        # PyO3 makes its own exception, and no project can change it.
        if not facts.importable and not is_pickled and facts.module != "pyo3_runtime":
            by_module.setdefault(facts.module if facts.home_exists else None, []).append(subject)
    for module, group in by_module.items():
        yield describe_homeless(group, module)


def describe_homeless(group: list[Subject], module: str | None) -> Finding:
    """Return the finding for classes whose module does not have them, or can't be imported."""
    flaw = f"is `{module}`, which has no such class" if module else "is a module that can't be imported"
    # Its own name, too: a class that another name exports is not the one that pickle looks for.
    evidence = "\n".join(f"{subject.facts.path}: {subject.facts.full_name}" for subject in group)
    setting = '`#[pyclass(module = "…")]`'
    if all(subject.facts.is_exception for subject in group):
        setting = "`create_exception!(package.module, …)`"
    return Finding(
        "module-wrong", "warning", f"`__module__` of {names_of(group)} {flaw}", evidence=evidence,
        cause="pickle stores a class by that name, and documentation and `repr` show it",
        fix=f"name the module that exports it: {setting} in PyO3",
        reference=reference(SKILL, "module-tree"),
    )  # fmt: skip


def find_unhashable(subjects: list[Subject]) -> Iterator[Finding]:
    """Yield the classes that are unhashable because they define equality."""
    group = [subject for subject in subjects if subject.facts.equality == subject.facts.name]
    group = [subject for subject in group if subject.facts.hashing is None]
    if group:
        verb = "define" if len(group) > 1 else "defines"
        message = (
            f"{names_of(group)} {verb} `==` without `hash()`, so objects can't be keys of a `dict` or be in a `set`"
        )
        fix = "nothing where objects change; else hash what `==` compares: `#[pyclass(frozen, eq, hash)]` in PyO3"
        page = reference(SKILL, "equality")
        yield Finding("unhashable", "note", message, evidence=lines_of(group), fix=fix, reference=page)


def find_unpickled(subjects: list[Subject]) -> Iterator[Finding]:
    """Yield the classes whose objects can't be pickled, and have no method that says they should."""
    failures = {subject: failed_pickle(subject) for subject in subjects if not promises_pickling(subject)}
    group = [subject for subject, trial in failures.items() if trial]
    if group:
        evidence = "\n".join(f"{trial.label}: {trial.detail}" for trial in failures.values() if trial)
        message = f"objects of {names_of(group)} can't be pickled"
        yield Finding("not-pickled", "note", message, evidence=evidence, reference=reference(SKILL, "pickling"))


def failed_pickle(subject: Subject) -> Trial | None:
    """Return the last failure of a newer protocol."""
    failures = [trial for trial in subject.each("pickle ") if trial.outcome == "fails" and MODERN.match(trial.trial)]
    return failures[-1] if failures else None


def promises_pickling(subject: Subject) -> bool:
    """Return whether a class has a method of its own that only pickling and copying need."""
    facts = subject.facts
    return any(protocol["name"] == "pickle" and protocol["owner"] == facts.name for protocol in facts.protocols)


def find_uncollected_dict(subject: Subject) -> Iterator[Finding]:
    """Yield a class whose objects have a `__dict__` that the garbage collector does not see."""
    if subject.facts.has_dict and subject.facts.flag("gc") is False:
        message = f"objects of `{subject.name}` have a `__dict__`, and the garbage collector does not visit them"
        cause = "an object that is in its own `__dict__` is never freed"
        yield Finding(
            "dict-without-gc", "warning", message, cause=cause, reference=reference(SKILL, "garbage-collection")
        )


def find_incomplete_protocols(subject: Subject) -> Iterator[Finding]:
    """Yield protocols of which a class has one half, and abstract classes whose methods it lacks."""
    facts = subject.facts
    if facts.has_next and facts.does.isdisjoint({"iterator", "subscriptable"}):
        message = f"`{subject.name}` has `__next__` and no `__iter__`, so `for` refuses it"
        yield Finding("iterator-incomplete", "warning", message, reference=reference(SKILL, "iterators"))
    if facts.has_enter and "context manager" not in facts.does:
        message = f"`{subject.name}` has `__enter__` and no `__exit__`, so `with` refuses it"
        yield Finding("context-incomplete", "warning", message, reference=reference(SKILL, "context-managers"))
    # The largest promise says it all.
    for abstract in facts.abcs[-1:]:
        if abstract["missing"] and not facts.is_dynamic:
            methods = ", ".join(f"`{name}`" for name in abstract["missing"])
            message = f"`{subject.name}` is a `{abstract['name']}` to `isinstance`, and has no {methods}"
            yield Finding("abc-incomplete", "warning", message, reference=reference(SKILL, "containers"))
    if facts.missing_match_args and facts.has_dict is False and not facts.is_dynamic:
        names = ", ".join(f"`{name}`" for name in facts.missing_match_args)
        message = f"`__match_args__` of `{subject.name}` names {names}, which its objects do not have"
        yield Finding("match-args-wrong", "warning", message, reference=reference(SKILL, "enums"))


def find_contradictions(subject: Subject) -> Iterator[Finding]:
    """Yield what `repr`, `==`, `hash` and order do wrong."""
    page = reference(SKILL, "equality")
    for trial in subject.each("repr"):
        if trial.outcome == "fails":
            yield Finding("repr-fails", "error", f"`repr({trial.label})` fails", evidence=trial.detail, reference=page)
    for trial in subject.each("eq"):
        if trial.outcome == "differs":
            yield Finding("unequal-to-itself", "note", f"`{trial.label}` is not equal to itself", reference=page)
    for trial in subject.each("hash"):
        if trial.outcome == "differs":
            message = f"two objects made like `{trial.label}` are equal, but their hashes differ"
            cause = "a `dict` or `set` does not see that they are equal"
            yield Finding("hash-differs", "error", message, evidence=trial.detail, cause=cause, reference=page)
    for trial in subject.each("order"):
        if trial.outcome == "differs":
            message = f"comparisons of `{subject.name}` contradict each other"
            fix = "where objects have no order, `<` and its like return `NotImplemented`, not False"
            yield Finding("order-contradicts", "error", message, evidence=trial.detail, fix=fix, reference=page)


def find_lossy_copies(subject: Subject) -> Iterator[Finding]:
    """Yield copies that are not equal, and objects that can't be pickled in spite of a method for it."""
    page = reference(SKILL, "pickling")
    for trials in subject.trials:
        copies = [trial for key, trial in trials.items() if key.startswith(("copy", "deepcopy", "pickle"))]
        unequal = [trial for trial in copies if trial.outcome == "unequal"]
        if unequal:
            names = listing([trial.trial for trial in unequal], "and")
            message = f"`{copies[0].label}` is not equal to the copies made by {names}"
            evidence = "\n".join(f"{trial.trial}: {trial.detail}" for trial in unequal if trial.detail)
            yield Finding("copy-differs", "error", message, evidence=evidence or None, reference=page)
    failure = failed_pickle(subject)
    if failure and promises_pickling(subject):
        message = f"`{failure.label}` can't be pickled, though `{subject.name}` has a method for it"
        yield Finding("pickle-fails", "error", message, evidence=failure.detail, reference=page)


def find_leaks(subject: Subject) -> Iterator[Finding]:
    """Yield cycles that are never freed."""
    for trial in subject.each("cycle"):
        page = reference(SKILL, "garbage-collection")
        if trial.outcome == "leaks":
            message = f"a cycle through an object of `{subject.name}` is never freed: `{trial.label}`"
            fix = "visit what the object refers to: `__traverse__` and `__clear__` in PyO3"
            yield Finding("cycle-leaks", "error", message, fix=fix, reference=page)
        elif trial.outcome == "fails":
            message = f"the cycle could not be made: `{trial.label}`"
            yield Finding("cycle-fails", "error", message, evidence=trial.detail)


def find_unsendable(subject: Subject) -> Iterator[Finding]:
    """Yield a class whose objects refuse other threads."""
    refusals = [trial for trial in subject.each("thread") if trial.outcome == "refused"]
    if refusals:
        message = f"`{subject.name}` is unsendable: its objects refuse every thread but the one that made them"
        page = reference(SKILL, "receivers")
        yield Finding("unsendable", "note", message, evidence=refusals[0].detail, reference=page)


def find_differences(inspection: Inspection) -> Iterator[Finding]:
    """Yield where stubs differ, or why that is not known."""
    if not inspection.stubs:
        return
    page = reference(SKILL, "typing")
    differing = {inspection.stub_of(difference.path) for difference in inspection.differences}
    files = differing if inspection.differences else set(inspection.stubs.values())
    # Of several files none is the place; the evidence names what differs.
    where = files.pop() if len(files) == 1 else inspection.module
    stops = [breakdown for breakdown in inspection.breakdowns if breakdown.step == ("stubs",)]
    for breakdown in stops:
        end = breakdown.end or "it did not end in time"
        yield Finding("stub-unknown", "note", f"the stub was not compared: {end}", where, breakdown.evidence or None)
    if inspection.uncompared is not None:
        reason = inspection.uncompared or f"there is no mypy for `{inspection.python}`"
        fix = None if inspection.uncompared else f"install it there: `uv pip install --python {inspection.python} mypy`"
        first, *rest = reason.splitlines()
        yield Finding(
            "stub-unknown", "note", f"the stub was not compared: {first}", where, "\n".join(rest) or None, fix
        )
    elif inspection.differences:
        count = len(inspection.differences)
        message = f"the stub differs from the module in {count} place{'s' if count != 1 else ''}"
        lines = "\n".join(f"{difference.path}: {difference.text}" for difference in inspection.differences)
        yield Finding("stub-differs", "warning", message, where, lines, reference=page)


CHECKS = (
    find_uncollected_dict, find_incomplete_protocols, find_contradictions, find_lossy_copies, find_leaks,
    find_unsendable,
)  # fmt: skip
