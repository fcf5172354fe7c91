"""The classes of a Python file, or the objects of a JSON sample, as Rust types."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scaffolder.errors import UsageError
from scaffolder.python.classes import read_module
from scaffolder.python.sample import read_sample
from scaffolder.rust.names import is_text, pascal
from scaffolder.tools.type_converter.annotations import Annotations, add_values
from scaffolder.tools.type_converter.items import Struct, StructField, UnionEnum, integer_type
from scaffolder.tools.type_converter.known_types import INT, python_object
from scaffolder.tools.type_converter.model import LeftOut, Needs, RustCode, RustType, all_needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scaffolder.python.classes import PythonClass, PythonModule


def convert_module(text: str, label: str = "input") -> RustCode:
    """Convert the classes of a Python file.

    Raises:
        UsageError: It is not valid Python, or has no class to convert.
    """
    converter = convert_classes(read_module(text, label))
    if not converter.code.finished:
        reason = "".join(f": `{name}` {reason}" for name, reason in list(converter.problems.items())[:1])
        raise UsageError(f"`{label}` has no class to convert{reason}", "name a file with a dataclass, model or enum")
    return converter.code


def convert_sample(text: str, name: str, label: str = "input") -> RustCode:
    """Convert a JSON sample, with a name for its outermost type.

    Raises:
        UsageError: It is not valid JSON, or has no object.
    """
    module, whole = read_sample(text, name, label)
    converter = convert_classes(module)
    converter.code.note(f"the whole sample is `{converter.convert(whole, f'{name}Value').owned}`")
    return converter.code


def convert_classes(module: PythonModule) -> Annotations:
    """Convert classes, and return the converter with their types and code."""
    code = RustCode()
    converter = Annotations(code, module)
    converter.problems |= {name: f"is defined inside `{owner}`" for name, owner in module.inner.items()}
    # A class may be named before it is written.
    for definition in module.classes.values():
        converter.problems.pop(definition.name, None)
        declare(definition, converter)
    code.left_out |= {LeftOut(name, reason): None for name, reason in converter.problems.items()}
    for name in converter.classes:
        convert_class(module.classes[name], converter)
    break_cycles(code)
    for name in converter.classes:
        note_fields(name, code.items.get(converter.classes[name].rust), code)
    return converter


def declare(definition: PythonClass, converter: Annotations) -> None:
    """Assign a class its type, or the reason why it has none."""
    if reason := problem_of(definition):
        converter.problems[definition.name] = reason
        return
    if definition.kind == "IntFlag":
        name = definition.name
        note = f"`{name}` is taken as its number, since its members combine: `{name}(number)` makes the member"
        converter.classes[name] = replace(INT, python=name, note=note)
        return
    code, enum = converter.code, definition.kind == "Enum"
    name = code.unique_name(definition.name, f"class {definition.name}")
    if name != definition.name:
        code.note(f"`{definition.name}` is called `{name}` in Rust")
    mark = "[" if definition.kind == "TypedDict" else "."
    # A field with a `Literal` refuses other values, so it tells structs with the same fields apart.
    shape = frozenset(
        f"{mark}{field.name}{field.annotation.text if field.annotation.name == 'Literal' else ''}"
        for field in definition.fields
        if field.required
    )
    code.items[name] = None
    converter.classes[definition.name] = RustType(
        definition.name, name, cost="constant" if enum else "one conversion a field", hashable=enum,
        rank=1 if enum else 6, raises="TypeError, ValueError" if enum else "TypeError",
        holds=frozenset() if enum else frozenset({name}), shape=None if enum else shape,
        needs=Needs(items=frozenset({name})),
    )  # fmt: skip


def problem_of(definition: PythonClass) -> str:
    """Return why a class has no Rust type; empty if it has one."""
    kind, fields = definition.kind, [field for field in definition.fields if not field.belongs_to_class]
    values = list(definition.members.values())
    numbers = [value for value in values if isinstance(value, int)]
    reasons = {
        definition.problem: definition.problem,
        "is not a dataclass, model, TypedDict, NamedTuple or enum": kind == "class",
        "has members that combine and are not numbers: take their `value`": kind == "Flag",
        "is a protocol with methods: call them by `call_method1`": kind == "Protocol" and definition.methods,
        "has no members": kind == "Enum" and not values,
        "has a number that does not fit in 128 bits": numbers and not integer_type(numbers),
        "has a lone surrogate, which no Rust string can hold": not all(is_text(str(value)) for value in values),
        "has no fields with annotations": kind not in {"Enum", "IntFlag"} and not fields,
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def convert_class(definition: PythonClass, converter: Annotations) -> None:
    """Add a class's code."""
    name, code = converter.classes[definition.name].rust, converter.code
    if definition.kind == "IntFlag":
        code.use(converter.classes[definition.name])
        return
    for alias, member in definition.duplicates.items():
        code.note(f"`{definition.name}.{alias}` is another name of `{definition.name}.{member}` and has no variant")
    if definition.kind == "Enum":
        code.use(add_values(code, name, definition.members, python=definition.name, is_member=True))
        code.note(f"`{name}` is taken from a member and comes back as its value: `{definition.name}(value)` makes one")
        return
    fields = list(convert_fields(definition, converter))
    note_class(definition, converter.code)
    document = definition.document or f"`{definition.name}` of Python."
    code.items[name] = Struct(name, fields, document, by_key=definition.kind == "TypedDict")


def convert_fields(definition: PythonClass, converter: Annotations) -> Iterator[StructField]:
    """Convert the fields of a class."""
    for field in definition.fields:
        label = f"{definition.name}.{field.name}"
        if field.belongs_to_class:
            converter.code.left_out[LeftOut(label, "belongs to the class or to its constructor")] = None
            continue
        rust_type = converter.convert(field.annotation, pascal(field.name))
        if field.computed:
            converter.code.note(
                f"`{definition.name}({field.name}=...)` is not possible: leave it out of what comes back"
            )
        yield StructField(field.name, rust_type, definition.kind == "TypedDict" and not field.required)


def note_class(definition: PythonClass, code: RustCode) -> None:
    """Add notes on what a class converts back to, and what is unknown."""
    name = definition.name
    for base in definition.unknown_bases:
        code.note(f"`{name}` lacks the fields of its base `{base}`, which is not in this file")
    if definition.kind != "TypedDict":
        make = {"model": f"{name}.model_validate(value)", "struct": f"msgspec.convert(value, {name})"}
        constructor = make.get(definition.kind, f"{name}(**value)")
        back = "" if definition.kind == "Protocol" else f": `{constructor}` makes the object"
        code.note(f"`{name}` is read by its attributes and comes back as a `dict`{back}")
    elif not all(field.required for field in definition.fields):
        code.note(f"a key that is missing in a `{name}` comes back with the value `None`")


def note_fields(name: str, item: object, code: RustCode) -> None:
    """Add notes on the fields that stay Python objects."""
    for field in item.fields if isinstance(item, Struct) else ():
        for reason in sorted(field.type.needs.reasons):
            code.left_out[LeftOut(f"{name}.{field.name}", reason, is_field=True)] = None


def break_cycles(code: RustCode) -> None:
    """Turn fields through which a struct would contain itself into Python objects: it would have no size."""
    structs = {name: item for name, item in code.finished.items() if isinstance(item, Struct)}
    closed: set[str] = set()
    for name in structs:
        visit(name, structs, [], closed)
    used = {used for item in code.finished.values() for used in all_needs(item.types).items}
    for name, item in code.finished.items():
        if isinstance(item, UnionEnum) and name not in used:
            del code.items[name]
        if isinstance(item, Struct) and name in all_needs(item.types).items:
            code.note(
                f"`{name}` holds its own class in a collection: an object that contains itself overflows the stack"
            )


def visit(name: str, structs: Mapping[str, Struct], path: list[str], closed: set[str]) -> None:
    """Follow the fields of a struct, and cut those that lead back to one on the path."""
    path.append(name)
    for number, field in enumerate(structs[name].fields):
        if field.type.holds & set(path):
            reason = "holds its own class, and PyO3 does not convert `Box`: extract it when you need it"
            structs[name].fields[number] = replace(
                field,
                type=replace(python_object(field.type.python, reason), optional=field.type.optional),
            )
            continue
        for inner in sorted(field.type.holds - closed):
            visit(inner, structs, path, closed)
    path.pop()
    closed.add(name)
