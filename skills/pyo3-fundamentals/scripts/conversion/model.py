"""What a conversion is made of: Rust types with what they cost, and the code of a file."""

from __future__ import annotations

from dataclasses import dataclass, field

ELEMENTS = "one conversion an element"
OVERFLOW = "OverflowError outside 64 bits"


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
    rank: int = 5

    @property
    def row(self) -> tuple[str, ...]:
        """The columns of the table that is shown."""
        return (self.python, self.argument, self.owned, self.transfer, self.cost, self.error)


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
        meanings: The Python type of each item, so that equal ones are written once.
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
        return found

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
        imports = "\n".join([*wanted, *([""] if wanted else []), *exceptions, "use pyo3::prelude::*;"])
        return f"{imports}\n\n{body}\n"

    @property
    def dependencies(self) -> str:
        """The lines of `Cargo.toml` that the code needs."""
        features = ", ".join(f'"{name}"' for name in sorted(self.features))
        pyo3 = f'pyo3 = {{ version = "0.30", features = [{features}] }}' if features else 'pyo3 = "0.30"'
        return "\n".join(["[dependencies]", *sorted([*self.crates, pyo3])]) + "\n"
