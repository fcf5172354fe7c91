"""What a process that imported a module says: about classes, and what ended it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Record:
    """Facts that the chosen Python sent."""

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """Read one from JSON."""
        return cls(**{field.name: data[field.name] for field in fields(cls)})


@dataclass(frozen=True)
class ClassFacts(Record):
    """A class as it is visible from Python.

    Attributes:
        path: Where it is: `rpds.rpds.List`.
        name: Its `__module__` and `__qualname__`.
        module: Its `__module__`.
        home_exists: Whether that can be imported.
        importable: Whether its module has it under its name.
        bases: Its bases, by name.
        lookup: Where attributes are looked up, by name.
        layout_base: The base whose memory it extends.
        metaclass: Its type.
        size: The size of an object in bytes.
        item_size: The size of an item, where objects vary in size.
        flags: Those of CPython by name; none elsewhere.
        weakref: Whether objects can be referred to weakly.
        has_dict: Whether objects have a `__dict__`.
        constructor: How it is called.
        match_args: Its `__match_args__`.
        missing_match_args: Those of them that are no attribute of the class.
        is_dynamic: Whether it looks up attributes by code of its own.
        buffer: Whether objects give access to their memory; none before Python 3.12, where it can't be seen.
        equality: The class that defines `==`; none if that is identity.
        hashing: The class that defines `hash()`; none if there is none.
        has_next: Whether it has `__next__`.
        has_enter: Whether it has `__enter__`.
        members: Its own members: `name`, `what`, `signature`.
        protocols: What it can do: `name`, `methods`, `owner`.
        abcs: The abstract classes that it says it is: `name`, `missing`.
    """

    path: str
    name: str
    module: str
    home_exists: bool
    importable: bool
    bases: list[str]
    lookup: list[str]
    layout_base: str | None
    metaclass: str
    size: int | None
    item_size: int | None
    flags: dict[str, bool] | None
    weakref: bool | None
    has_dict: bool | None
    constructor: str | None
    match_args: list[str] | None
    missing_match_args: list[str]
    is_dynamic: bool
    buffer: bool | None
    equality: str | None
    hashing: str | None
    has_next: bool
    has_enter: bool
    members: list[dict[str, Any]]
    protocols: list[dict[str, str]]
    abcs: list[dict[str, Any]]

    def flag(self, name: str) -> bool | None:
        """Return one of CPython's flags."""
        return self.flags[name] if self.flags else None

    @property
    def full_name(self) -> str:
        """Its module and name, `builtins` included."""
        return self.name if self.name.startswith(f"{self.module}.") else f"{self.module}.{self.name}"

    @property
    def is_exception(self) -> bool:
        """Whether it can be raised."""
        return "BaseException" in self.lookup

    @property
    def does(self) -> set[str]:
        """The protocols that it implements."""
        return {protocol["name"] for protocol in self.protocols}


@dataclass(frozen=True)
class Trial(Record):
    """What became of an object that was tried.

    Attributes:
        path: Its class.
        label: The object: `Money(1)`.
        trial: What was done: `copy`, `pickle 5`.
        outcome: What became of it: `equal`, `fails`.
        detail: The exception, or what differs.
    """

    path: str
    label: str
    trial: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Remark(Record):
    """What is to say about something, by its name: how a stub differs, why a class can't be described."""

    path: str
    text: str


@dataclass(frozen=True)
class Breakdown:
    """A step that ended the process, or did not end.

    Attributes:
        step: Its name: class, object and trial, or `stubs`; or verb, object and protocol.
        end: How the process ended; none if it was stopped.
        evidence: The last lines that it printed.
    """

    step: tuple[str, ...]
    end: str | None
    evidence: str


@dataclass(frozen=True)
class Inspection:
    """A module's classes, and what became of their objects.

    Attributes:
        module: The module's name.
        python: The Python that imported it.
        version: That Python's version.
        natives: The extension modules that were read, with those that they made.
        stubs: The stubs beside them, by module.
        bases: For each class that one inherits from, the base whose memory it extends.
        classes: Their classes.
        undescribed: Classes that can't be described, and why.
        trials: What became of objects.
        differences: Where stubs differ.
        uncompared: Why stubs were not compared: a reason, or an empty text if there is no mypy; none if they were.
        breakdowns: The steps that ended the process.
    """

    module: str
    python: Path
    version: str
    natives: tuple[str, ...]
    stubs: dict[str, str]
    bases: dict[str, str | None]
    classes: tuple[ClassFacts, ...]
    undescribed: tuple[Remark, ...]
    trials: tuple[Trial, ...]
    differences: tuple[Remark, ...]
    uncompared: str | None
    breakdowns: tuple[Breakdown, ...]

    @cached_property
    def trials_by_class(self) -> dict[str, dict[str, dict[str, Trial]]]:
        """The trials by class, object and name."""
        result: dict[str, dict[str, dict[str, Trial]]] = defaultdict(lambda: defaultdict(dict))
        for trial in self.trials:
            result[trial.path][trial.label][trial.trial] = trial
        return result

    def stub_of(self, path: str) -> str:
        """Return the stub that describes something, by its path: of the stubs of the modules around it, the nearest."""
        modules = [name for name in self.stubs if f"{path}.".startswith(f"{name}.")]
        return self.stubs[max(modules, key=len, default=next(reversed(self.stubs)))]

    def short(self, path: str) -> str:
        """Return a class's path without the extension that it is in, if there is only one."""
        first = self.natives[0]
        is_single = all(name == first or name.startswith(f"{first}.") for name in self.natives)
        return path.removeprefix(f"{first}.") if is_single else path.removeprefix(f"{self.module.partition('.')[0]}.")
