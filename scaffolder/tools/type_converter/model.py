"""The model of a conversion: Rust types with their cost, and the code of a file."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.rust.names import literal, one_line, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scaffolder.tools.type_converter.items import CodeItem

ELEMENTS = "one conversion an element"
COLUMNS = ("Python", "Rust argument", "Rust field or result", "argument is", "cost", "raises")


@dataclass(frozen=True)
class Needs:
    """What code needs to use a type.

    Attributes:
        crates: Its crates, which are also features of pyo3.
        imports: What the code must `use`: `std::path::PathBuf`.
        items: The types in the same code that it consists of.
        reasons: Why parts of it stay Python objects.
    """

    crates: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()


def all_needs(types: Iterable[RustType]) -> Needs:
    """Combine what several types need."""
    parts = [rust_type.needs for rust_type in types]
    return Needs(*(frozenset().union(*(getattr(part, item.name) for part in parts)) for item in fields(Needs)))


@dataclass(frozen=True)
class RustType:
    """The Rust side of a Python type.

    Attributes:
        python: The Python type, as an annotation.
        rust: The type of a field or a result, without the `Option` that it may be in.
        borrowed: The type of an argument, if it is another one.
        optional: Whether it may be missing.
        transfer: What happens to the data of an argument: `copied`, `borrowed` or `kept`, a new reference.
        cost: What an argument costs, in words.
        raises: The exceptions for a value that does not fit.
        hashable: Whether it can be a key of a map or an element of a set.
        comparable: Whether `==` is defined on it in Rust, its items aside.
        rank: Its place among the variants of an enum: what takes fewer values is tried first.
        takes: Other types whose values it also accepts.
        holds: The structs that a value has inside, and not behind a `Vec` or a map.
        shape: The fields by which Rust tells a struct from another one.
        note: What a reader should know of it.
        needs: What it takes along.
    """

    python: str
    rust: str
    borrowed: str = ""
    optional: bool = False
    transfer: str = "copied"
    cost: str = "constant"
    raises: str = "TypeError"
    hashable: bool = False
    comparable: bool = True
    rank: float = 5
    takes: frozenset[str] = frozenset()
    holds: frozenset[str] = frozenset()
    shape: frozenset[str] | None = None
    note: str = ""
    needs: Needs = Needs()

    @property
    def owned(self) -> str:
        """The type of a field or a result."""
        return f"Option<{self.rust}>" if self.optional else self.rust

    @property
    def argument(self) -> str:
        """The type of an argument."""
        argument = self.borrowed or self.rust
        return f"Option<{argument}>" if self.optional else argument

    @property
    def row(self) -> tuple[str, ...]:
        """The columns of the table that is shown."""
        return (self.python, self.argument, self.owned, self.transfer, self.cost, self.raises)


@dataclass(frozen=True)
class LeftOut:
    """A class or field without a Rust type; a field stays a Python object unless it belongs to the class."""

    name: str
    reason: str
    is_field: bool = False


@dataclass
class RustCode:
    """Rust code under construction.

    Attributes:
        items: Types by name, in the order in which they are written; nothing for one whose fields come later.
        rows: What was converted, for the table.
        notes: What a reader should know besides.
        left_out: What has no Rust type.
        crates: The crates that the types come from.
        meanings: What each name that is taken stands for, so that equal types are written once.
    """

    items: dict[str, CodeItem | None] = field(default_factory=dict)
    rows: dict[tuple[str, ...], None] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    left_out: dict[LeftOut, None] = field(default_factory=dict)
    crates: set[str] = field(default_factory=set)
    meanings: dict[str, str] = field(default_factory=dict)

    def use(self, rust_type: RustType) -> RustType:
        """Record what a type needs, and return it."""
        self.rows[rust_type.row] = None
        self.crates |= rust_type.needs.crates
        if rust_type.note:
            self.note(rust_type.note)
        return rust_type

    def note(self, text: str) -> None:
        """Add a note for the reader."""
        self.notes[text] = None

    def unique_name(self, name: str, meaning: str) -> str:
        """Reserve a name that no different type has, and return it."""
        name = type_name(name)
        candidate, number = name, 2
        while self.meanings.get(candidate, meaning) != meaning:
            candidate, number = f"{name}{number}", number + 1
        self.meanings[candidate] = meaning
        return candidate

    @property
    def finished(self) -> dict[str, CodeItem]:
        """The completed items."""
        return {name: item for name, item in self.items.items() if item}

    @property
    def incomparable(self) -> set[str]:
        """The items without `==`, because their fields have none."""
        needs = {name: all_needs(item.types).items for name, item in self.finished.items()}
        names = {name for name, item in self.finished.items() if not all(kind.comparable for kind in item.types)}
        while users := {name for name, used in needs.items() if used & names} - names:
            names |= users
        return names

    @property
    def text(self) -> str:
        """All items, with what they import."""
        import jinja2

        items = list(self.finished.values())
        imports = {path for item in items for path in item.imports | all_needs(item.types).imports}
        environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, autoescape=False)  # noqa: S701
        environment.tests["in_crate"] = lambda path, crate: path.startswith(f"{crate}::")
        environment.filters |= {"literal": literal, "one_line": one_line}
        template = environment.from_string(Path(__file__).with_name("code.rs.jinja").read_text(encoding="utf-8"))
        return template.render(items=items, imports=sorted(imports), incomparable=self.incomparable)


def dependencies(crates: Iterable[str], versions: Mapping[str, str]) -> str:
    """Return the lines of `Cargo.toml` for some crates, which pyo3 converts by features of the same names."""
    names = sorted(crates)
    pyo3 = f'{{ version = "{versions["pyo3"]}", features = [{", ".join(f"{name!r}" for name in names)}] }}'
    lines = sorted([*(f'{name} = "{versions[name]}"' for name in names), f"pyo3 = {pyo3}".replace("'", '"')])
    return "\n".join(["[dependencies]", *lines]) + "\n"
