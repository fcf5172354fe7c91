"""What a conversion is made of: Rust types with what they cost, and the code of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scaffolder.tools.type_converter.rust_names import type_name

ELEMENTS = "one conversion an element"


@dataclass(frozen=True)
class RustType:
    """The Rust side of a Python type.

    Attributes:
        python: The Python type, as an annotation.
        owned: The type of a field or a result.
        argument: The type of an argument; often borrowed.
        transfer: What happens to the data of an argument: `copied`, `borrowed` or `kept`, a new reference.
        cost: What an argument costs, in words.
        error: The exception for a value of another type, and others that there are.
        hashable: Whether it can be a key of a map or an element of a set.
        comparable: Whether `==` is defined on it in Rust.
        features: Features of pyo3 that it needs.
        crates: Crates that it needs, with their versions.
        rank: Its place among the variants of an enum: what takes fewer values is tried first.
        holds: The structs that a value has inside, and not behind a `Vec` or a map.
        note: What a reader should know of it.
    """

    python: str
    owned: str
    argument: str
    transfer: str = "copied"
    cost: str = "constant"
    error: str = "TypeError"
    hashable: bool = False
    comparable: bool = True
    features: frozenset[str] = frozenset()
    crates: frozenset[str] = frozenset()
    rank: float = 5
    holds: frozenset[str] = frozenset()
    note: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """The columns of the table that is shown."""
        return (self.python, self.argument, self.owned, self.transfer, self.cost, self.error)


def optional(found: RustType, python: str = "") -> RustType:
    """Return a type that may be missing; one that may already be stays as it is."""
    python = python or f"{found.python} | None"
    if found.owned.startswith("Option<"):
        return replace(found, python=python)
    return replace(found, owned=f"Option<{found.owned}>", argument=f"Option<{found.argument}>", python=python)


COLUMNS = ("Python", "Rust argument", "Rust field or result", "argument is", "cost", "raises")


@dataclass
class RustCode:
    """Rust code in the making.

    Attributes:
        items: Types by name, in the order in which they are written.
        rows: What was converted, for the table.
        notes: What a reader should know besides.
        features: As in `RustType`.
        crates: As in `RustType`.
        meanings: What each name that is taken stands for, so that equal types are written once.
    """

    items: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[str, ...], None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    features: set[str] = field(default_factory=set)
    crates: set[str] = field(default_factory=set)
    meanings: dict[str, str] = field(default_factory=dict)

    def use(self, found: RustType) -> RustType:
        """Note what a type needs, and return it."""
        self.rows[found.row] = None
        self.features |= found.features
        self.crates |= found.crates
        if found.note:
            self.notes[found.note] = None
        return found

    def free(self, name: str, meaning: str) -> str:
        """Return a name that no type of another meaning has, and take it."""
        name = type_name(name)
        candidate, number = name, 2
        while self.meanings.get(candidate, meaning) != meaning:
            candidate, number = f"{name}{number}", number + 1
        self.meanings[candidate] = meaning
        return candidate

    @property
    def text(self) -> str:
        """All items, with what they import."""
        body = "\n\n".join(self.items.values())
        names = [name for name in ("BTreeMap", "HashMap", "HashSet") if f"{name}<" in body]
        wanted = (
            [f"use std::collections::{names[0] if len(names) == 1 else '{' + ', '.join(names) + '}'};"] if names else []
        )
        if "PathBuf" in body:
            wanted.append("use std::path::PathBuf;")
        exceptions = ["use pyo3::exceptions::PyValueError;"] if "PyValueError" in body else []
        types = ["use pyo3::types::PyDict;"] if "PyDict>" in body else []
        imports = "\n".join([*wanted, *([""] if wanted else []), *exceptions, "use pyo3::prelude::*;", *types])
        return f"{imports}\n\n{body}\n"

    @property
    def dependencies(self) -> str:
        """The lines of `Cargo.toml` that the code needs."""
        features = ", ".join(f'"{name}"' for name in sorted(self.features))
        pyo3 = f'pyo3 = {{ version = "0.30", features = [{features}] }}' if features else 'pyo3 = "0.30"'
        return "\n".join(["[dependencies]", *sorted([*self.crates, pyo3])]) + "\n"
