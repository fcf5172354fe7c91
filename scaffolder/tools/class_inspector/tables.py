"""What was seen of classes, as tables."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from scaffolder.toolkit import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.runtime.facts import ClassFacts, Inspection, Trial

HIDDEN = "can't be seen"
COLUMNS = ("repr", "eq", "hash", "order", "copy", "deepcopy", "pickle", "thread")


def yes_no(value: bool | None) -> str:
    """Return a flag in words."""
    return {True: "yes", False: "no", None: "unknown"}[value]


def summary_tables(inspection: Inspection) -> tuple[Table, ...]:
    """Return a line for each class, and one for each object that was tried."""
    tables = (classes(inspection), layouts(inspection), objects(inspection), cycles(inspection))
    return tuple(table for table in tables if table.rows)


def detail_tables(inspection: Inspection) -> tuple[Table, ...]:
    """Return all that is known of each class."""
    tables = (details(inspection), members(inspection), protocols(inspection))
    return tuple(table for table in tables if table.rows)


def classes(inspection: Inspection) -> Table:
    """Return what each class is."""
    rows = [
        (
            inspection.short(facts.path),
            ", ".join(facts.bases),
            constructor(facts),
            ", ".join(dict.fromkeys(protocol["name"] for protocol in facts.protocols)),
        )
        for facts in inspection.classes
    ]
    return Table("Classes", ("Class", "Bases", "Constructor", "Protocols"), tuple(rows))


def constructor(facts: ClassFacts) -> str:
    """Return how a class is called."""
    if facts.flag("not_instantiable"):
        return "none"
    return facts.constructor or "unknown"


def layouts(inspection: Inspection) -> Table:
    """Return how each class's objects lie in memory, and what that allows."""
    names = ("Class", "Bytes", "Subclassable", "Weak references", "__dict__", "GC", "Hashable")
    rows = [
        (
            inspection.short(facts.path),
            size(facts),
            yes_no(facts.flag("subclassable")),
            yes_no(facts.weakref),
            yes_no(facts.has_dict),
            yes_no(facts.flag("gc")),
            "no" if facts.hashing is None else "by identity" if facts.hashing == "object" else "yes",
        )
        for facts in inspection.classes
    ]
    return Table("Objects in memory", names, tuple(rows))


def size(facts: ClassFacts) -> str:
    """Return the size of an object, and of its items if it has any."""
    base = "unknown" if facts.size is None else str(facts.size)
    return f"{base} + {facts.item_size} an item" if facts.item_size else base


def objects(inspection: Inspection) -> Table:
    """Return what became of each object."""
    rows = [
        (label, *(outcome_of(trials, name) for name in COLUMNS))
        for by_label in inspection.trials_by_class.values()
        for label, trials in by_label.items()
        if trials.keys() - {"cycle"}
    ]
    return Table("Objects tried", ("Object", *COLUMNS), tuple(rows))


def outcome_of(trials: dict[str, Trial], name: str) -> str:
    """Return the outcome of a trial; of pickle, from which protocol on it is another."""
    outcomes = [trials[key].outcome for key in sorted(trials) if key == name or key.startswith(f"{name} ")]
    changes = [number for number, pair in enumerate(pairwise(outcomes), 1) if pair[0] != pair[1]]
    parts = [outcomes[0] if outcomes else "not tried", *(f"from {number} {outcomes[number]}" for number in changes)]
    return ", ".join(parts)


def cycles(inspection: Inspection) -> Table:
    """Return what became of cycles."""
    words = {"works": "freed", "leaks": "never freed", "fails": "not made"}
    rows = [
        (inspection.short(trial.path), trial.label, words.get(trial.outcome, f"unknown: {trial.detail}"))
        for trial in inspection.trials
        if trial.trial == "cycle"
    ]
    return Table("Cycles", ("Class", "Through", "Outcome"), tuple(rows))


def details(inspection: Inspection) -> Table:
    """Return the facts of each class, one a row."""
    rows = [(inspection.short(facts.path), *row) for facts in inspection.classes for row in facts_of(facts)]
    return Table("Facts", ("Class", "Fact", "Value"), tuple(rows))


def facts_of(facts: ClassFacts) -> Iterator[tuple[str, str]]:
    """Yield the facts of a class that other tables have no room for."""
    yield "is at", facts.path
    yield "`__module__`", f"{facts.module}, {'where it is' if facts.importable else 'which does not have it'}"
    yield "order of lookup", " > ".join(facts.lookup)
    yield "extends the memory of", facts.layout_base or "nothing"
    if facts.metaclass != "type":
        yield "metaclass", facts.metaclass
    yield "class can be changed", {True: "no", False: "yes", None: "unknown"}[facts.flag("immutable")]
    yield "buffer", yes_no(facts.buffer)
    yield "generic", yes_no("generic" in facts.does)
    yield "matched as", ", ".join(name for name in ("sequence", "mapping") if facts.flag(name)) or "neither"
    if facts.match_args is not None:
        yield "`__match_args__`", ", ".join(facts.match_args) or "none"
    yield "`==`", f"of {facts.equality}" if facts.equality else "identity"
    yield "`hash()`", "none" if facts.hashing is None else "identity" if facts.hashing == "object" else facts.hashing
    for abstract in facts.abcs:
        missing = ", ".join(abstract["missing"])
        yield f"is a {abstract['name']}", f"without {missing}" if missing else "with all methods"
    # PyO3's option leaves no trace in the class.
    yield "frozen", HIDDEN


def members(inspection: Inspection) -> Table:
    """Return the members that each class defines itself."""
    rows = [
        (inspection.short(facts.path), member["name"], member["what"], signature(member))
        for facts in inspection.classes
        for member in facts.members
    ]
    return Table("Members", ("Class", "Member", "Kind", "Signature"), tuple(rows))


def signature(member: dict[str, str | None]) -> str:
    """Return the signature of a member that can be called."""
    is_call = member["what"] in {"method", "static", "class method"}
    return member["signature"] or ("unknown" if is_call else "")


def protocols(inspection: Inspection) -> Table:
    """Return which methods make each protocol, and whose they are."""
    rows = [
        (inspection.short(facts.path), protocol["name"], protocol["methods"], protocol["owner"])
        for facts in inspection.classes
        for protocol in facts.protocols
    ]
    return Table("Protocols", ("Class", "Protocol", "Methods", "Defined by"), tuple(rows))
