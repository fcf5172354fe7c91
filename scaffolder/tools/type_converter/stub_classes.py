"""Rust structs, enums and methods as the classes of a stub."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from scaffolder.rust.items import Item, fields_of, items, renamed, tuple_of, unquoted
from scaffolder.tools.type_converter.rust_functions import by_signature, given_result, stub_parameters
from scaffolder.tools.type_converter.rust_types import content
from scaffolder.tools.type_converter.stub_text import Class, definition

if TYPE_CHECKING:
    from scaffolder.tools.type_converter.rust_types import StubTypes

# What they mean to Python has no place in a stub before 3.12.
BUFFER = {"__getbuffer__", "__releasebuffer__", "__traverse__", "__clear__"}
COMPARISONS = {"eq": ["__eq__"], "ord": ["__lt__", "__le__", "__gt__", "__ge__"]}
# Rust returns nothing, and PyO3 the object itself.
IN_PLACE = re.compile(r"__i(add|sub|mul|matmul|truediv|floordiv|mod|pow|lshift|rshift|and|or|xor|concat|repeat)__")


def function(item: Item, types: StubTypes, receiver: str = "", name: str = "", result: str = "") -> list[str]:
    """Return the lines of a function or method."""
    inside = ", ".join(part for part in (receiver, stub_parameters(item, types, method=bool(receiver))) if part)
    modifiers = next((content(node) for node in item.node.children if node.type == "function_modifiers"), "")
    word = "async def" if "async" in modifiers else "def"
    result = result or given_result(item) or types.result(item.node.child_by_field_name("return_type"))
    return definition(f"{word} {name or python_name(item)}({inside}) -> {result}", item.document)


def python_name(item: Item) -> str:
    """Return the name that Python has for an item."""
    return item.setting("name") or item.name


def writable(name: str, owner: str, types: StubTypes) -> bool:
    """Whether a stub can have a name; if not, there is a note."""
    if not keyword.iskeyword(name):
        return True
    where = f"`{owner}.{name}`" if owner else f"`{name}`"
    types.notes[f"{where} is left out: the name is a keyword of Python, and only `getattr` finds it"] = None
    return False


def add_methods(item: Item, found: Class, types: StubTypes) -> None:
    """Add what an `impl` has to its class.

    Args:
        item: The `impl`.
        found: The class.
        types: What turns types into annotations.
    """
    body = item.node.child_by_field_name("body")
    plain = "pymethods" not in item.marks
    for each in items(body) if body else ():
        if each.node.type == "const_item" or "classattr" in each.marks:
            constant(each, found, types)
        elif each.node.type in {"function_item", "function_signature_item"} and each.name not in BUFFER:
            accessors = {"getter", "setter", "deleter"} & each.marks.keys()
            if accessors:
                accessor(each, accessors.pop(), found, types)
            elif writable(python_name(each), found.name, types):
                name, lines = method(each, types, plain=plain)
                # A static method has no object or class that `Self` could be that of.
                owned = lines[:1] == ["@staticmethod"]
                found.add(name, *(re.sub(r"\bSelf\b", found.name, line) if owned else line for line in lines))


def constant(item: Item, found: Class, types: StubTypes) -> None:
    """Add an attribute of the class, if it is one."""
    if "classattr" not in item.marks or not writable(python_name(item), found.name, types):
        return
    field = "type" if item.node.type == "const_item" else "return_type"
    kind = types.result(item.node.child_by_field_name(field)).replace("Self", found.name)
    found.add(python_name(item), f"{python_name(item)}: ClassVar[{kind}]")


def accessor(item: Item, mark: str, found: Class, types: StubTypes) -> None:
    """Add what can be done with an attribute."""
    given = content(item.marks[mark][0]).strip('()"').removeprefix("r#") if item.marks[mark] else ""
    prefix = {"getter": "get_", "setter": "set_", "deleter": "delete_"}[mark]
    name = given or item.setting("name") or item.name.removeprefix(prefix)
    if not writable(name, found.name, types):
        return
    attribute = found.attribute(name)
    attribute.plain = False
    attribute.document = attribute.document or item.document
    if mark == "getter":
        attribute.getter = types.result(item.node.child_by_field_name("return_type"))
    elif mark == "deleter":
        attribute.deleter = True
    else:
        inside = stub_parameters(item, types, method=True)
        attribute.setter = inside.partition(": ")[2] or "Any"


def note_write_only(found: Class, types: StubTypes) -> None:
    """Say which attributes can't be read."""
    for each in found.body.values():
        if not isinstance(each, list) and not each.getter:
            said = "can be set, and not be read" if each.setter else "can only be deleted, and is left out"
            types.notes[f"`{found.name}.{each.name}` {said}"] = None


def method(item: Item, types: StubTypes, *, plain: bool) -> tuple[str, list[str]]:
    """Return the name and the lines of a method.

    Args:
        item: What stands in an `impl`.
        types: What turns types into annotations.
        plain: Whether the `impl` is Rust's alone, so that its functions say by their parameters what they are.
    """
    name = python_name(item)
    if item.name == "__richcmp__":
        return "__eq__", ["def __eq__(self, other: object) -> bool: ..."]
    if "new" in item.marks or (plain and item.name == "new"):
        return "__new__", function(item, types, "cls", "__new__", "Self")
    if "classmethod" in item.marks:
        return name, ["@classmethod", *function(item, types, "cls")]
    parameters = item.node.child_by_field_name("parameters")
    receives = any(node.type == "self_parameter" for node in (parameters.named_children if parameters else ()))
    if "staticmethod" in item.marks or (plain and not receives):
        return name, ["@staticmethod", *function(item, types)]
    if item.name in {"__next__", "__anext__"}:
        # `None` ends the iteration, and Python never sees it.
        found = types.result(item.node.child_by_field_name("return_type")).removesuffix(" | None")
        return name, function(item, types, "self", result=found)
    return name, function(item, types, "self", result="Self" if IN_PLACE.fullmatch(name) else "")


def struct(item: Item, types: StubTypes) -> Class:
    """Describe a struct that is a class."""
    base = item.setting("extends")
    found = Class(types.names[item.name], types.base(base) if base else "", item.document)
    fields = fields_of(item)
    if item.setting("new") == "from_fields":
        kinds = {each.name: argument_of(each, types) for each in fields}
        inside = ", ".join(["cls", *([by_signature(item, "", kinds, types)] if kinds else [])])
        found.add("__new__", f"def __new__({inside}) -> Self: ...")
    for each in fields:
        add_field(each, item, found, types)
    add_comparisons(item, found)
    return found


def add_field(each: Item, item: Item, found: Class, types: StubTypes) -> None:
    """Add a field that Python sees."""
    name = each.setting("name") or renamed(each.name, item.setting("rename_all"))
    plain = "pyclass" not in item.marks
    setting = plain or item.setting("set_all") is not None or each.setting("set") is not None
    getting = plain or item.setting("get_all") is not None or each.setting("get") is not None
    if (setting or getting) and writable(name, found.name, types):
        kind = types.result(each.node.child_by_field_name("type"))
        # What is taken may be more than what is made, and one line says both.
        attribute = found.attribute(name)
        attribute.plain = setting
        attribute.document = each.document
        attribute.getter = kind if getting else ""
        attribute.setter = kind if setting else ""


def argument_of(each: Item, types: StubTypes) -> str:
    """Return the annotation of a field as an argument."""
    kind = each.node.child_by_field_name("type")
    return types.argument(kind) if kind else "Any"


def add_comparisons(item: Item, found: Class) -> None:
    """Add the methods that a class derives."""
    for setting, operators in COMPARISONS.items():
        for operator in operators if item.setting(setting) is not None else ():
            other = "object" if setting == "eq" else found.name
            found.add(operator, f"def {operator}(self, other: {other}) -> bool: ...")
    if item.setting("hash") is not None:
        found.add("__hash__", "def __hash__(self) -> int: ...")


def enumeration(item: Item, types: StubTypes) -> Class:
    """Describe an enum: of plain names, or of variants with fields."""
    found = Class(types.names[item.name], "", item.document)
    variants = list(items(item.node.child_by_field_name("body") or item.node))
    for each in variants:
        label = each.setting("name") or renamed(each.name, item.setting("rename_all"))
        if not writable(label, found.name, types):
            continue
        if each.node.child_by_field_name("body") is None:
            found.add(label, f"{label}: ClassVar[{found.name}]")
        else:
            found.add(label, *variant(each, label, found.name, types).text.split("\n"))
    if "pyclass" in item.marks and all(each.node.child_by_field_name("body") is None for each in variants):
        found.add("__int__", "def __int__(self) -> int: ...")
    add_comparisons(item, found)
    return found


def variant(item: Item, label: str, base: str, types: StubTypes) -> Class:
    """Describe a variant with fields, which is a class of its own."""
    found = Class(label, base, item.document)
    named = fields_of(item)
    kinds = [each.node.child_by_field_name("type") for each in named] or tuple_of(item)
    names = [each.setting("name") or each.name for each in named] or [f"_{number}" for number in range(len(kinds))]
    for name, kind in zip(names, kinds, strict=True):
        if writable(name, f"{base}.{label}", types):
            found.attribute(name).getter = types.result(kind)
    arguments = {name: types.argument(kind) for name, kind in zip(names, kinds, strict=True) if kind}
    inside = by_signature(item, "constructor", arguments, types)
    found.add("__new__", f"def __new__({', '.join(part for part in ('cls', inside) if part)}) -> Self: ...")
    found.add("__match_args__", f"__match_args__ = {tuple(names)!r}")
    if not named and kinds:
        union = " | ".join(dict.fromkeys(types.result(kind) for kind in kinds))
        found.add("__len__", "def __len__(self) -> int: ...")
        found.add("__getitem__", f"def __getitem__(self, key: int) -> {union}: ...")
    return found


def exception(item: Item, types: StubTypes) -> Class | None:
    """Describe what `create_exception!` makes; none if it is another macro."""
    match = created(item)
    if match is None:
        return None
    return Class(match[1], types.base(match[2]), unquoted(match[3] or ""))


def created(item: Item) -> re.Match[str] | None:
    """Return the name, the base and the documentation that `create_exception!` has; none if it is another macro."""
    if not content(item.node.child_by_field_name("macro")).endswith("create_exception"):
        return None
    text = content(item.node.named_children[-1])
    return re.match(r'[({\[]\s*[\w:]+\s*,\s*(\w+)\s*,\s*([\w:]+)\s*(?:,\s*("(?:[^"\\]|\\.)*"))?', text, re.DOTALL)
