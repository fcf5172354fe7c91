"""Rust types that PyO3 converts by their fields, as names for types in a stub."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder.rust.items import Item, fields_of, items, python_literal, renamed, tuple_of
from scaffolder.tools.type_converter.rust_types import content
from scaffolder.tools.type_converter.stub_text import Class, Module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tree_sitter import Node

    from scaffolder.tools.type_converter.rust_types import StubTypes

BOTH = (True, False)


@dataclass(frozen=True)
class Data:
    """A struct, enum or variant that is converted by its fields.

    Attributes:
        item: Its code.
        name: Its name.
        extracted: Whether it is made of an object.
        converted: Whether an object is made of it.
        code: The code that makes it of an object, where that is not derived.
    """

    item: Item
    name: str
    extracted: bool
    converted: bool
    code: str = ""

    @property
    def inline(self) -> bool:
        """Whether its fields have no names, so that it is written as what it holds."""
        return bool(tuple_of(self.item)) or (self.item.setting("transparent") is not None and bool(self.inner))

    @property
    def inner(self) -> list[Node]:
        """The types of all its fields."""
        named = [each.node.child_by_field_name("type") for each in fields_of(self.item)]
        return [*tuple_of(self.item), *(node for node in named if node)]

    @property
    def keyed(self) -> bool:
        """Whether it is made of a dictionary."""
        if self.item.setting("from_item_all") is not None or self.code:
            return "getattr(" not in self.code
        return all(each.setting("item") is not None for each in fields_of(self.item))


def describe_data(found: Sequence[Item], traits: Mapping[str, str], types: StubTypes, module: Module) -> None:
    """Add all that is converted by its fields to a stub.

    Args:
        found: The structs and enums, each with what it derives.
        traits: The code of `FromPyObject` by the type's name, where there is some.
        types: Where they become known.
        module: The stub.
    """
    known = [
        Data(item, types.names[item.name], item.extracted or by_fields(item, code), item.converted, code)
        for item in found
        for code in [traits.get(item.name, "")]
    ]
    for data in known:
        names = (data.name if data.extracted else "", data.name if data.converted else "")
        # What is made of an object by code of its own is not told by its fields.
        types.data[data.item.name] = names
    while any(settle(data, types) for data in known):
        pass
    for data in known:
        emit(data, types, module)


def by_fields(item: Item, code: str) -> bool:
    """Whether some code makes a struct of all its fields, as this tool writes it."""
    keys = [each.setting("item") or each.name for each in fields_of(item)]
    return bool(keys) and all(f'get_item("{key}")?' in code or f'getattr("{key}")?' in code for key in keys)


def settle(data: Data, types: StubTypes) -> bool:
    """Give what a type takes and what it makes two names if they differ, and say whether that is new."""
    before = types.data[data.item.name]
    if data.inline and data.item.node.type == "struct_item":
        # A type that holds itself comes to no end.
        texts = [types.argument_or_result(data.inner, argument=argument) for argument in BOTH]
        after = (texts[0] if data.extracted else "", texts[1] if data.converted else "")
        if re.search(rf"\b{data.name}\b", "".join(after)):
            after = ("Any" if data.extracted else "", "Any" if data.converted else "")
    elif data.extracted and data.converted and shape(data, types, argument=True) != shape(data, types, argument=False):
        after = (data.name, f"{data.name}Result")
    else:
        return False
    types.data[data.item.name] = after
    return after != before


def shape(data: Data, types: StubTypes, *, argument: bool) -> list[str]:
    """Return what a type takes or makes, to compare."""
    found = Module(())
    name = data.name
    write(data, name, types, found, argument=argument)
    return [*found.values.values(), *(each.text for each in found.classes.values())]


def emit(data: Data, types: StubTypes, module: Module) -> None:
    """Write a type: once, or as an argument and as a result."""
    if data.inline and data.item.node.type == "struct_item":
        return
    argument, result = types.data[data.item.name]
    if argument:
        write(data, argument, types, module, argument=True)
    if result and result != argument:
        write(data, result, types, module, argument=False)


def write(data: Data, name: str, types: StubTypes, module: Module, *, argument: bool) -> None:
    """Write what a type takes, or what it makes."""
    if data.item.node.type == "enum_item":
        texts = dict.fromkeys(variants(data, name, types, module, argument=argument))
        module.values[name] = f"{name}: TypeAlias = {' | '.join(texts)}"
    elif argument and not data.keyed:
        module.classes[name] = protocol(data, name, types)
    else:
        dictionary(data, name, types, module, argument=argument)


def variants(data: Data, name: str, types: StubTypes, module: Module, *, argument: bool) -> Iterator[str]:
    """Return what the variants of a union are."""
    for variant in items(data.item.node.child_by_field_name("body") or data.item.node):
        one = Data(variant, f"{name}{variant.name}", argument, not argument)
        if one.inline:
            yield types.argument_or_result(one.inner, argument=argument)
        elif one.inner:
            write(one, one.name, types, module, argument=argument)
            yield one.name


def protocol(data: Data, name: str, types: StubTypes) -> Class:
    """Describe anything with the attributes that a struct is made of."""
    item = data.item
    found = Class(name, "Protocol", item.document)
    for each in fields_of(item):
        attribute = each.setting("attribute") or renamed(each.name, item.setting("rename_all"))
        attribute = each.setting("item") or attribute if data.code else attribute
        if (
            (each.setting("item") is not None and not data.code)
            or not attribute.isidentifier()
            or keyword.iskeyword(attribute)
        ):
            types.notes[f"`{name}` also needs the item or attribute `{each.setting('item') or attribute}`"] = None
        elif each.setting("default") is None:
            found.attribute(attribute).getter = field_kind(each, types, argument=True)
    return found


def dictionary(data: Data, name: str, types: StubTypes, module: Module, *, argument: bool) -> None:
    """Describe a dictionary that a struct is made of, or that is made of it."""
    fields = {}
    item = data.item
    for each in fields_of(item):
        kind = field_kind(each, types, argument=argument)
        optional = argument and (each.setting("default") is not None or bool(data.code))
        key = each.setting("item") or renamed(each.name, item.setting("rename_all"))
        fields[key] = f"NotRequired[{kind}]" if optional else kind
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
        found = Class(name, "TypedDict", item.document)
        for key, kind in fields.items():
            found.add(key, f"{key}: {kind}")
        module.classes[name] = found
    else:
        inside = ", ".join(f"{key!r}: {kind}" for key, kind in fields.items())
        module.values[name] = f"{name} = TypedDict({name!r}, {{{inside}}})"


def field_kind(each: Item, types: StubTypes, *, argument: bool) -> str:
    """Return the annotation of a field."""
    by = each.setting("from_py_with") if argument else each.setting("into_py_with")
    if by is not None:
        return types.taken_by(by) if argument else "Any"
    kind = each.node.child_by_field_name("type")
    return types.argument(kind) if argument and kind is not None else types.result(kind)


def literals(item: Item) -> list[str] | None:
    """Return the values of an enum that stands for some, as this tool writes them, from its `impl`.

    Args:
        item: The `impl`.
    """
    for each in items(item.node.child_by_field_name("body") or item.node):
        body = each.node.child_by_field_name("body")
        if each.name != "value" or each.node.type != "function_item" or body is None:
            continue
        arms = re.findall(r"Self::\w+ => (.+?),?$", content(body), re.MULTILINE)
        try:
            values = [python_literal(arm) for arm in arms]
        except (ValueError, SyntaxError):
            return None
        return [repr(value) for value in values] if values else None
    return None


def describe_values(found: dict[str, list[str]], traits: dict[str, str], types: StubTypes, module: Module) -> None:
    """Add enums that stand for values.

    Args:
        found: The values by the enum's name.
        traits: The code of `FromPyObject` by the type's name.
        types: Where they become known.
        module: The stub.
    """
    for name, values in found.items():
        shown = types.names[name]
        module.values[shown] = f"{shown}: TypeAlias = Literal[{', '.join(values)}]"
        member = 'getattr("value")' in traits[name]
        if member:
            types.notes[f"an argument `{shown}` is a member of Python's `Enum`, and a result is its value"] = None
        types.data[name] = ("Any" if member else shown, shown)
