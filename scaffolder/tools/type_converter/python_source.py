"""Dataclasses, typed dictionaries, named tuples and enums of a Python file as Rust types."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.tools.type_converter.annotations import Annotations
from scaffolder.tools.type_converter.enums import value_enum
from scaffolder.tools.type_converter.model import RustCode, RustType
from scaffolder.tools.type_converter.python_classes import Definitions, PythonClass, members, nothing, read_definitions
from scaffolder.tools.type_converter.rust_names import names, pascal
from scaffolder.tools.type_converter.structs import Field, struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def convert_module(text: str, path: str = "input") -> RustCode:
    """Convert the classes of a Python file.

    Args:
        text: The file's text.
        path: What it is called in messages.

    Raises:
        UsageError: It can't be parsed, has no class to convert, or one without a Rust counterpart.
    """
    defined = read_definitions(text, path)
    incomparable: set[str] = set()
    while True:
        code, fields = convert_classes(defined, incomparable)
        found = {name for name, each in fields.items() if not all(field.kind.comparable for field in each)}
        # A class that holds one of these has no `==` either, whichever is written first.
        if found <= incomparable:
            break
        incomparable |= found
    if not code.items:
        raise nothing(path, code.notes)
    refuse_cycles(fields)
    return code


def convert_classes(defined: Definitions, incomparable: set[str]) -> tuple[RustCode, dict[str, list[Field]]]:
    """Convert all classes, and return the code with the fields of each struct.

    Args:
        defined: What the file defines.
        incomparable: The classes without `==` in Rust.
    """
    code = RustCode(notes=dict(defined.notes))
    known = Annotations(code, aliases=defined.aliases, variables=frozenset(defined.variables))
    # A class may be named before it is written.
    for each in defined.classes.values():
        known.classes[each.name] = class_type(each, code, comparable=each.name not in incomparable)
    fields = {}
    for each in defined.classes.values():
        if each.kind == "Enum":
            convert_enum(each, known)
        else:
            fields[each.name] = convert_class(each, known)
    return code, fields


def class_type(found: PythonClass, code: RustCode, *, comparable: bool) -> RustType:
    """Return the Rust type of a class, and take its name."""
    name = code.free(found.name, f"class {found.name}")
    if name != found.name:
        code.notes[f"`{found.name}` is called `{name}` in Rust"] = None
    enum = found.kind == "Enum"
    return RustType(
        found.name, name, name, cost="one conversion a field", hashable=enum, comparable=comparable, rank=6,
        holds=frozenset() if enum else frozenset({found.name}),
    )  # fmt: skip


def convert_enum(found: PythonClass, known: Annotations) -> None:
    """Convert an enum."""

    def note(text: str) -> None:
        known.code.notes[text] = None

    values = members(found.node, note)
    if not values:
        note(f"`{found.name}` has no members and is left out")
        del known.classes[found.name]
        return
    variants = dict(zip(names(list(values)), values.values(), strict=True))
    name = known.classes[found.name].owned
    known.code.use(value_enum(known.code, name, variants, python=found.name, member=True))


def convert_class(found: PythonClass, known: Annotations) -> list[Field]:
    """Convert one class, and return its fields."""
    fields = [class_field(name, found, known) for name in found.fields]
    name = known.classes[found.name].owned
    document = (ast.get_docstring(found.node) or f"`{found.name}` of Python.").partition("\n")[0]
    notes = known.code.notes
    if found.kind == "NamedTuple":
        notes[f"`{found.name}` is taken by its attributes, and comes back as a `dict`"] = None
    elif found.kind == "dataclass":
        notes[f"`{found.name}` comes back as a `dict`: Python makes the object of it by `{found.name}(**found)`"] = None
    elif any(field.optional for field in fields):
        notes[f"a key that is missing in a `{found.name}` comes back with the value `None`"] = None
    known.code.items[name] = struct(name, fields, document, items=found.kind == "TypedDict")
    return fields


def class_field(name: str, found: PythonClass, known: Annotations) -> Field:
    """Convert one field of a class."""
    declared = found.fields[name]
    try:
        kind = known.convert(declared.annotation, pascal(name))
    except UsageError as error:
        error.message = f"`{found.name}.{name}`: {error.message}"
        raise
    return Field(name, kind, optional=found.kind == "TypedDict" and declared.optional)


def refuse_cycles(fields: Mapping[str, Sequence[Field]]) -> None:
    """Refuse classes that hold themselves without a list or a dictionary between.

    Raises:
        UsageError: There is one.
    """
    reached = {name: {held for field in each for held in field.kind.holds} for name, each in fields.items()}
    for _ in fields:
        for held in reached.values():
            held.update(*(reached.get(name, ()) for name in tuple(held)))
    for name, each in fields.items():
        for field in each:
            if field.kind.holds & {name} or any(name in reached.get(held, ()) for held in field.kind.holds):
                raise UsageError(
                    f"`{name}.{field.name}` holds its own class, and PyO3 converts no `Box`",
                    "hold it in a list, or use `object`",
                )
