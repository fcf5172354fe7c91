"""The structs and enums that a conversion writes, with `code.rs.jinja`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from scaffolder.rust.names import FORBIDDEN, escape_keyword, field_names, literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scaffolder.tools.type_converter.model import RustType

INTEGERS = {"i64": (-(2**63), 2**63), "u64": (0, 2**64), "i128": (-(2**127), 2**127), "u128": (0, 2**128)}


def integer_type(values: list[int]) -> str | None:
    """Return the smallest integer type of at least 64 bits that holds some numbers."""
    return next((name for name, (low, high) in INTEGERS.items() if low <= min(values) and max(values) < high), None)


@dataclass(frozen=True)
class StructField:
    """A field of a struct, with its name in Python, and whether a dictionary may lack it."""

    name: str
    type: RustType
    may_lack: bool = False

    @property
    def owned(self) -> str:
        """Its type in the struct."""
        return f"Option<{self.type.rust}>" if self.may_lack else self.type.owned


@dataclass(frozen=True)
class Struct:
    """A struct for an object or a dictionary of Python.

    Attributes:
        name: Its name in Rust.
        fields: Its fields.
        document: Its documentation.
        by_key: Whether Python passes a dictionary, not an object with attributes.
    """

    name: str
    fields: list[StructField]
    document: str
    by_key: bool
    kind: ClassVar = "struct"

    @property
    def types(self) -> list[RustType]:
        """The types of its fields."""
        return [field.type for field in self.fields]

    @property
    def imports(self) -> set[str]:
        """The paths that its code must `use`."""
        return {"pyo3::types::PyDict"} if self.by_hand and self.by_key else set()

    @property
    def by_hand(self) -> bool:
        """Whether PyO3 can't derive it: no key is required, or an attribute's name is not a valid field name."""
        if self.by_key:
            return all(field.may_lack for field in self.fields)
        return any(field.name in FORBIDDEN for field in self.fields)

    @property
    def names(self) -> list[str]:
        """The fields' names in Rust; attributes keep theirs, since only keys can be renamed both ways."""
        if self.by_key:
            return field_names([field.name for field in self.fields])
        return [f"{field.name}_" if field.name in FORBIDDEN else escape_keyword(field.name) for field in self.fields]

    @property
    def snake_case(self) -> bool:
        """Whether the fields have the names that Rust would give them."""
        return self.names == field_names([field.name for field in self.fields])

    @property
    def pairs(self) -> list[tuple[StructField, str]]:
        """The fields with their names in Rust."""
        return list(zip(self.fields, self.names, strict=True))

    def settings(self, field: StructField, name: str) -> list[str]:
        """Return PyO3's settings for a field."""
        renamed = name.removeprefix("r#") != field.name
        default = field.may_lack and not self.by_hand
        return [*([f"item({literal(field.name)})"] if renamed else []), *(["default"] if default else [])]


@dataclass(frozen=True)
class ValueEnum:
    """An enum whose variants stand for values.

    Attributes:
        name: Its name.
        variants: The values by the variants' names: all texts, or all whole numbers.
        python: The Python type.
        is_member: Whether Python passes members of an `Enum`, which have their values inside.
    """

    name: str
    variants: Mapping[str, str | int]
    python: str
    is_member: bool
    kind: ClassVar = "values"
    types: ClassVar[list[RustType]] = []
    imports: ClassVar = {"pyo3::exceptions::PyValueError"}

    @property
    def integer(self) -> str | None:
        """The type of its values, if they are numbers."""
        numbers = [value for value in self.variants.values() if isinstance(value, int)]
        return integer_type(numbers) if numbers else None

    @property
    def expected(self) -> str:
        """The values inside a `format!` string, with braces escaped."""
        listed = ", ".join(map(literal, self.variants.values()))
        return literal(listed.replace("{", "{{").replace("}", "}}"))[1:-1]


@dataclass(frozen=True)
class UnionEnum:
    """An enum of types.

    Attributes:
        name: Its name.
        alternatives: The types by the variants' names, in the order in which they are tried.
        python: The Python type.
    """

    name: str
    alternatives: Mapping[str, RustType]
    python: str
    kind: ClassVar = "union"
    imports: ClassVar[set[str]] = set()

    @property
    def types(self) -> list[RustType]:
        """The alternatives."""
        return list(self.alternatives.values())

    @property
    def holds(self) -> bool:
        """Whether a variant is a struct, which may be large."""
        return any(rust_type.holds for rust_type in self.types)


CodeItem = Struct | ValueEnum | UnionEnum
