"""Make objects in another Python and read what memory they export, whatever becomes of that process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.errors import ScaffolderError, UsageError
from scaffolder.machine.children import ChildError, CrashedError, HangsError, RaisedError, child_command, start_child
from scaffolder.runtime.facts import Breakdown, Record
from scaffolder.runtime.importing import explain_import, import_failed, module_missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scaffolder.machine.children import Child

SESSION = Path(__file__).parent / "exports/session.py"
PROTOCOLS = (
    "buffer", "array interface", "array struct", "__array__", "DLPack", "Arrow schema", "Arrow array", "Arrow stream",
)  # fmt: skip
CONSUMED = ("DLPack", "Arrow schema", "Arrow array", "Arrow stream")
BREAKDOWNS = 5
# Seconds for a Python to start, which is not what the time limit is for.
START = 30.0
ROUNDS, SECONDS = 1000, 2.0


@dataclass(frozen=True)
class Layout(Record):
    """Where elements are.

    Attributes:
        address: That of the first element.
        itemsize: The bytes of an element.
        shape: How many there are in each dimension.
        strides: How many bytes they are apart in each dimension.
        kind: Their type in the words of the protocol.
        align: What the address of an element of this type must be a multiple of; 1 where that is not known.
        label: Which part of an export it is.
    """

    address: int
    itemsize: int
    shape: list[int]
    strides: list[int]
    kind: str
    align: int
    label: str


@dataclass(frozen=True)
class Export:
    """What an object answered by one protocol.

    Attributes:
        protocol: Its name.
        state: `exports`, `absent`, `refuses`, `panics`, `wrong`, `crashes` or `hangs`.
        text: The exception, what is wrong, or how the process ended.
        layouts: Where the memory is.
        facts: What else the protocol says.
        freed: What dropping it freed.
        consumed: What consuming another one freed.
        growth: What grew when it was repeated.
    """

    protocol: str
    state: str
    text: str = ""
    layouts: tuple[Layout, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    freed: dict[str, Any] = field(default_factory=dict)
    consumed: dict[str, Any] = field(default_factory=dict)
    growth: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether there was an export."""
        return self.state == "exports"


@dataclass(frozen=True)
class Subject:
    """An object.

    Attributes:
        name: Its name.
        expression: What made it.
        type: Its type.
        named: Methods of protocols that are not called.
        exports: By protocol, those that it does not have left out.
        held: Whether its memory was held by somebody before it was exported; none if that can't be seen.
        views: How many views of it there were then.
        held_after: Whether it is held after all exports are released.
    """

    name: str
    expression: str
    type: str
    named: tuple[str, ...]
    exports: dict[str, Export]
    held: bool | None = None
    views: int = 0
    held_after: bool | None = None

    @property
    def layout(self) -> Layout | None:
        """The layout of an export that has one."""
        exports = [export for export in self.exports.values() if not export.protocol.startswith("Arrow")]
        layouts = [layout for export in exports for layout in export.layouts if not export.facts.get("indirect")]
        return layouts[0] if layouts else None


@dataclass(frozen=True)
class Memory:
    """What was seen of objects.

    Attributes:
        module: The module that was imported.
        python: By which Python.
        version: Its version.
        subjects: The objects.
        breakdowns: What was left out since it crashed or hung.
    """

    module: str
    python: Path
    version: str
    subjects: tuple[Subject, ...]
    breakdowns: tuple[Breakdown, ...]


@dataclass(frozen=True)
class Request:
    """What to do.

    Attributes:
        module: The module to import.
        make: Names, and expressions that make the objects of these names.
        repeat: Whether to export and release many times.
    """

    module: str
    make: tuple[tuple[str, str], ...]
    repeat: bool = True


class StepError(Exception):
    """A step that the process did not survive."""

    def __init__(self, breakdown: Breakdown) -> None:
        super().__init__(breakdown.step)
        self.breakdown = breakdown


def read_memory(
    request: Request, python: Path, timeout: float, show: Callable[[bytes], None] | None = None
) -> Memory:  # fmt: skip
    """Return what objects export; a step that crashes or hangs is left out, and all others are done again.

    Raises:
        UsageError: There is no such module, or an expression is wrong.
        ScaffolderError: It can't be imported, or too much crashes.
    """
    breakdowns: list[Breakdown] = []
    while True:
        with start_child(child_command(python, SESSION), show) as child:
            process = Process(child, timeout, {breakdown.step: breakdown.end for breakdown in breakdowns})
            version = load(process, request, python)
            try:
                subjects = process.read_all(request)
            except StepError as error:
                if len(breakdowns) == BREAKDOWNS:
                    step = " of ".join(filter(None, error.breakdown.step))
                    raise ScaffolderError(f"the process ended {BREAKDOWNS + 1} times, at last in {step}") from error
                breakdowns.append(error.breakdown)
                continue
        return Memory(request.module, python, version, subjects, tuple(breakdowns))


def load(process: Process, request: Request, python: Path) -> str:
    """Let a process import the module, and return the version of its Python.

    Raises:
        UsageError: It can't be this Python, or it has no such module.
        ScaffolderError: The import fails.
    """
    name = request.module
    try:
        version = process.child.ask("begin", max(process.timeout, START))["version"]
    except ChildError as error:
        hint = "name a CPython of 3.10 or later: `--python PATH`"
        raise UsageError(f"`{python}` can't be used: {last_line(error)}", hint) from error
    try:
        answer = process.ask("load", module=name)
    except RaisedError as error:
        raise import_failed(python, name, error.message.splitlines()[-1]) from error
    except HangsError as error:
        raise ScaffolderError(f"importing `{name}` {error.message}", "raise `--timeout`") from error
    except ChildError as error:
        raise ScaffolderError(f"importing `{name}` {error.message}", explain_import(python, name)) from error
    if "missing" in answer:
        raise module_missing(python, name, answer["missing"])
    return str(version)


def last_line(error: ChildError) -> str:
    """Return the last line that a process printed, or how it ended."""
    return next(iter((error.evidence or "").splitlines()[-1:]), error.message)


@dataclass(frozen=True)
class Process:
    """A process that reads objects.

    Attributes:
        child: The process.
        timeout: How long a step may take, in seconds.
        skip: Steps that are left out, and how the process ended in each; none if it did not.
    """

    child: Child
    timeout: float
    skip: Mapping[tuple[str, ...], str | None]

    def step(self, verb: str, name: str, protocol: str, **arguments: Any) -> dict[str, Any]:
        """Do a step; one that is left out, or fails by a structure that can't be read, is an empty answer."""
        step = (verb, name, protocol)
        if step in self.skip:
            return {}
        try:
            return self.ask(verb, name=name, protocol=protocol, **arguments)
        except RaisedError as error:
            return {"failed": error.message.splitlines()[-1]}
        except HangsError as error:
            raise StepError(Breakdown(step, None, error.evidence or "")) from error
        except CrashedError as error:
            raise StepError(Breakdown(step, error.message, error.evidence or "")) from error

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """Return an answer without what it says about the process."""
        answer = self.child.ask(verb, self.timeout, **arguments)
        return {key: value for key, value in answer.items() if key not in {"memory", "peak"}}

    def read_all(self, request: Request) -> tuple[Subject, ...]:
        """Make all objects, export all, and let go of all."""
        subjects = [self.make(name, expression) for name, expression in request.make]
        subjects = [replace(subject, **self.holds(subject.name)) for subject in subjects]
        subjects = [
            replace(subject, exports={export.protocol: export for export in self.exports(subject.name)})
            for subject in subjects
        ]
        # Only now: what is freed may be used for the next export.
        subjects = [replace(subject, exports=self.let_go(subject, request)) for subject in subjects]
        return tuple([replace(subject, held_after=self.held_after(subject)) for subject in subjects])

    def make(self, name: str, expression: str) -> Subject:
        """Make an object."""
        try:
            answer = self.ask("make", name=name, expression=expression)
        except ChildError as error:
            what = "can't be described: " if isinstance(error, RaisedError) else ""
            raise ScaffolderError(f"`{expression}` {what}{error.message}") from error
        if "unmade" in answer:
            hint = "write an expression of the module's names, and of objects that are made before"
            raise UsageError(f"`{expression}` makes no object: {answer['unmade']}", hint)
        return Subject(name, expression, answer["type"], tuple(answer["named"]), {})

    def holds(self, name: str) -> dict[str, Any]:
        """Return whether something holds an object's memory now."""
        try:
            return self.ask("holds", name=name)
        except ChildError:  # what comes next says so
            return {}

    def exports(self, name: str) -> list[Export]:
        """Export an object by all protocols that it has."""
        exports = [self.export(name, protocol) for protocol in PROTOCOLS]
        return [export for export in exports if export.state != "absent"]

    def export(self, name: str, protocol: str) -> Export:
        """Export an object."""
        if (step := ("export", name, protocol)) in self.skip:
            return Export(protocol, "hangs" if self.skip[step] is None else "crashes")
        facts = self.step("export", name, protocol)
        if "failed" in facts:
            return Export(protocol, "wrong", facts["failed"])
        state, text, layouts = facts.pop("state"), facts.pop("text", ""), facts.pop("layouts", [])
        return Export(protocol, state, text, tuple(map(Layout.of, layouts)), facts)

    def let_go(self, subject: Subject, request: Request) -> dict[str, Export]:
        """Release what an object exported, and see what that frees."""
        name, result = subject.name, dict(subject.exports)
        for protocol, export in subject.exports.items():
            # Memory of a device is not exported.
            if not export.is_open or ("device" in export.facts and "capsule" not in export.facts):
                continue
            freed = self.step("release", name, protocol)
            consumed = self.step("consume", name, protocol) if protocol in CONSUMED else {}
            arguments = {"rounds": ROUNDS, "seconds": min(SECONDS, self.timeout / 4)}
            growth = self.step("repeat", name, protocol, **arguments) if request.repeat else {}
            result[protocol] = replace(export, freed=freed, consumed=consumed, growth=growth)
        return result

    def held_after(self, subject: Subject) -> bool | None:
        """Return whether something holds an object's memory at the end."""
        try:
            held: bool | None = self.holds(subject.name).get("held")
            return held if held is not None else self.ask("close", name=subject.name)["held"]
        except ChildError:  # what it did before said so already
            return None
