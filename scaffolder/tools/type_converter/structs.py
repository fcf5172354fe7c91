"""The code of a Rust struct for an object or a dictionary of Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.tools.type_converter.enums import derives
from scaffolder.tools.type_converter.rust_names import FORBIDDEN, escaped_keyword, field_names, line, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.tools.type_converter.model import RustType


@dataclass(frozen=True)
class Field:
    """A field of a struct.

    Attributes:
        name: What Python calls it.
        kind: Its type.
        optional: Whether Python may leave it out.
    """

    name: str
    kind: RustType
    optional: bool = False

    @property
    def owned(self) -> str:
        """Its type in the struct."""
        owned = self.kind.owned
        return f"Option<{owned}>" if self.optional and not owned.startswith("Option<") else owned


def struct(name: str, fields: Sequence[Field], document: str, *, items: bool) -> str:
    """Return the code of a struct.

    Args:
        name: Its name.
        fields: Its fields.
        document: Its documentation.
        items: Whether Python passes a dictionary, and not an object with attributes.
    """
    comparable = all(field.kind.comparable for field in fields)
    written = field_names([field.name for field in fields]) if items else [attribute(field.name) for field in fields]
    # PyO3 derives neither of these: there is no key that must be there, or an attribute's name can't be a field's.
    manual = all(field.optional for field in fields) if items else any(field.name in FORBIDDEN for field in fields)
    head = "#[pyo3(from_item_all)]\n" if items and not manual else ""
    # Attributes keep their names: only keys can be renamed in both directions.
    if not items and field_names([field.name for field in fields]) != written:
        head = "#[allow(non_snake_case)]\n"
    lines = "\n".join(
        line
        for field, rust in zip(fields, written, strict=True)
        for line in field_lines(field, rust, default=field.optional and not manual)
    )
    traits = derives(comparable=comparable, extracted=not manual)
    code = f"/// {line(document)}\n#[derive({traits})]\n{head}pub struct {name} {{\n{lines}\n}}"
    return f"{code}\n\n{extraction(name, fields, written, items=items)}" if manual else code


def field_lines(field: Field, rust: str, *, default: bool) -> list[str]:
    """Return the lines of a field.

    Args:
        field: The field.
        rust: What Rust calls it.
        default: Whether it is for PyO3 to leave it out.
    """
    settings = [] if rust.removeprefix("r#") == field.name else [f"item({literal(field.name)})"]
    settings += ["default"] if default else []
    return [*([f"    #[pyo3({', '.join(settings)})]"] if settings else []), f"    pub {rust}: {field.owned},"]


def extraction(name: str, fields: Sequence[Field], written: Sequence[str], *, items: bool) -> str:
    """Return the code that makes a struct of an object, where PyO3 derives none."""
    source = "        let found = object.cast::<PyDict>()?;\n" if items else ""
    take = taken_item if items else taken_attribute
    lines = "\n".join(f"            {rust}: {take(field)}," for field, rust in zip(fields, written, strict=True))
    return f"""impl<'a, 'py> FromPyObject<'a, 'py> for {name} {{
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {{
{source}        Ok(Self {{
{lines}
        }})
    }}
}}"""


def taken_item(field: Field) -> str:
    """Return the expression that takes a key that may be missing."""
    key = literal(field.name)
    return (
        f"match found.get_item({key})? {{\n                Some(value) => value.extract()?,\n"
        "                None => None,\n            }"
    )


def taken_attribute(field: Field) -> str:
    """Return the expression that takes an attribute."""
    return f"object.getattr({literal(field.name)})?.extract()?"


def attribute(name: str) -> str:
    """Return an attribute's name in Rust."""
    return f"{name}_" if name in FORBIDDEN else escaped_keyword(name)
