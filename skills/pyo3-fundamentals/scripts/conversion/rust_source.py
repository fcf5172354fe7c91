"""Functions, structs and classes of a Rust file as a Python stub."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from conversion.rust_items import Item, items, stub_parameters
from conversion.rust_types import IMPORTS, StubTypes, content
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

# What they mean to Python has no place in a stub before 3.12.
BUFFER = {"__getbuffer__", "__releasebuffer__", "__traverse__", "__clear__"}
COMPARISONS = {"eq": ["__eq__"], "ord": ["__lt__", "__le__", "__gt__", "__ge__"]}


@dataclass
class Class:
    """A class of a stub in the making.

    Attributes:
        head: Its name, with its bases.
        body: Its lines.
    """

    head: str
    body: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its lines."""
        if not self.body:
            return f"class {self.head}: ..."
        return f"class {self.head}:\n" + "\n".join(f"    {line}" for line in self.body)


@dataclass
class Stub:
    """A stub in the making.

    Attributes:
        types: What turns Rust types into annotations.
        classes: The classes, by their names in Rust.
        functions: The functions.
    """

    types: StubTypes
    classes: dict[str, Class] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The whole stub."""
        body = "\n".join([*(found.text for found in self.classes.values()), *self.functions])
        imports = [f"import {name}" for name in ("datetime", "decimal", "uuid") if f"{name}." in body]
        for module, names in IMPORTS.items():
            if used := [name for name in names if re.search(rf"\b{name}\b", body)]:
                imports.append(f"from {module} import {', '.join(used)}")
        return "\n".join([*imports, *([""] if imports else []), body]) + "\n"


def convert_rust(source: str, path: str = "input") -> Stub:
    """Convert a Rust file, or a single signature.

    Args:
        source: The text. If items are marked for PyO3, only those are described; else all are.
        path: What it is called in messages.

    Raises:
        UsageError: It can't be parsed, or has nothing to describe.
    """
    from tree_sitter import Language, Parser
    from tree_sitter_rust import language

    text = source.strip()
    text = text if text.endswith((";", "}")) else f"{text};"
    root = Parser(Language(language())).parse(text.encode()).root_node
    if broken := next(errors(root), None):
        line = broken.start_point[0] + 1
        raise UsageError(f"`{path}` is no Rust: line {line} can't be parsed", "rustc says what is wrong with it")
    found = list(items(root))
    chosen = [item for item in found if is_marked(item)] or [
        item for item in found if item.node.type not in {"const_item", "type_item"}
    ]
    kinds = {"struct_item", "enum_item"}
    names = {item.name: item.setting("name") or item.name for item in chosen if item.node.type in kinds}
    aliases = {item.name: item.node.child_by_field_name("type") for item in found if item.node.type == "type_item"}
    stub = Stub(StubTypes(names, {name: kind for name, kind in aliases.items() if kind}))
    for item in chosen:
        describe(item, stub)
    if not stub.classes and not stub.functions:
        raise UsageError(f"`{path}` has no struct, enum or function to describe", "name the file that has them")
    return stub


def errors(node: Node) -> Iterator[Node]:
    """Return the places that could not be parsed."""
    if node.is_error or node.is_missing:
        yield node
    elif node.has_error:
        for child in node.children:
            yield from errors(child)


def is_marked(item: Item) -> bool:
    """Whether PyO3 makes something of an item."""
    named = {"pyclass", "pymethods", "pyfunction"} & item.marks.keys()
    return bool(named) or item.derives("FromPyObject") or item.derives("IntoPyObject")


def describe(item: Item, stub: Stub) -> None:
    """Add one item to a stub."""
    match item.node.type:
        case "function_item" | "function_signature_item":
            stub.functions.append(function(item, stub.types))
        case "struct_item":
            data = item.derives("FromPyObject") or item.derives("IntoPyObject")
            make = data_class if data and "pyclass" not in item.marks else struct
            stub.classes[item.name] = make(item, stub.types)
        case "enum_item":
            stub.classes[item.name] = enumeration(item, stub.types)
        case "impl_item":
            owner = content(item.node.child_by_field_name("type"))
            found = stub.classes.setdefault(owner, Class(stub.types.names.get(owner, owner)))
            body = item.node.child_by_field_name("body")
            plain = "pymethods" not in item.marks
            for each in items(body) if body else ():
                lines = member(each, stub.types, plain=plain)
                # A static method has no object or class that `Self` could be that of.
                owned = lines[:1] == ["@staticmethod"]
                found.body += [re.sub(r"\bSelf\b", found.head, line) if owned else line for line in lines]


def function(item: Item, types: StubTypes, receiver: str = "", name: str = "", result: str = "") -> str:
    """Return the line of a function or method."""
    inside = ", ".join(part for part in (receiver, stub_parameters(item, types, method=bool(receiver))) if part)
    modifiers = next((content(node) for node in item.node.children if node.type == "function_modifiers"), "")
    word = "async def" if "async" in modifiers else "def"
    result = result or types.result(item.node.child_by_field_name("return_type"))
    return f"{word} {name or item.setting('name') or item.name}({inside}) -> {result}: ..."


def member(item: Item, types: StubTypes, *, plain: bool) -> list[str]:
    """Return the lines of a method, a property or a constant.

    Args:
        item: What stands in an `impl`.
        types: What turns types into annotations.
        plain: Whether the `impl` is Rust's alone, so that its functions say by their parameters what they are.
    """
    name = item.setting("name") or item.name
    if item.node.type == "const_item":
        kind = item.node.child_by_field_name("type")
        return [f"{name}: ClassVar[{types.result(kind)}]"] if "classattr" in item.marks else []
    if item.node.type not in {"function_item", "function_signature_item"} or item.name in BUFFER:
        return []
    if "classattr" in item.marks:
        return [f"{name}: ClassVar[{types.result(item.node.child_by_field_name('return_type'))}]"]
    if "getter" in item.marks or "setter" in item.marks:
        return attribute(item, types)
    return method(item, types, plain=plain)


def attribute(item: Item, types: StubTypes) -> list[str]:
    """Return the lines of a getter or setter."""
    mark, prefix = ("getter", "get_") if "getter" in item.marks else ("setter", "set_")
    given = content(item.marks[mark][0]).strip("()") if item.marks[mark] else ""
    name = given or item.setting("name") or item.name.removeprefix(prefix)
    return ["@property" if mark == "getter" else f"@{name}.setter", function(item, types, "self", name)]


def method(item: Item, types: StubTypes, *, plain: bool) -> list[str]:
    """Return the lines of a method."""
    if item.name == "__richcmp__":
        return ["def __eq__(self, other: object) -> bool: ..."]
    if "new" in item.marks or (plain and item.name == "new"):
        return [function(item, types, "cls", "__new__", "Self")]
    if "classmethod" in item.marks:
        return ["@classmethod", function(item, types, "cls")]
    parameters = item.node.child_by_field_name("parameters")
    receives = any(node.type == "self_parameter" for node in (parameters.named_children if parameters else ()))
    if "staticmethod" in item.marks or (plain and not receives):
        return ["@staticmethod", function(item, types)]
    if item.name in {"__next__", "__anext__"}:
        # `None` ends the iteration, and Python never sees it.
        found = types.result(item.node.child_by_field_name("return_type")).removesuffix(" | None")
        return [function(item, types, "self", result=found)]
    return [function(item, types, "self")]


def struct(item: Item, types: StubTypes) -> Class:
    """Describe a struct that is a class."""
    plain = "pyclass" not in item.marks
    base = item.setting("extends")
    found = Class(f"{types.names[item.name]}({types.names.get(base, base)})" if base else types.names[item.name])
    fields = fields_of(item)
    if item.setting("new") == "from_fields":
        inside = ", ".join(f"{each.name}: {kind_of(each, types)}" for each in fields)
        found.body.append(f"def __new__(cls, {inside}) -> Self: ...")
    for each in fields:
        name = each.setting("name") or each.name
        if plain or item.setting("set_all") is not None or each.setting("set") is not None:
            found.body.append(f"{name}: {kind_of(each, types)}")
        elif item.setting("get_all") is not None or each.setting("get") is not None:
            found.body += ["@property", f"def {name}(self) -> {kind_of(each, types)}: ..."]
    found.body += compared(item, found.head.partition("(")[0])
    return found


def compared(item: Item, name: str) -> list[str]:
    """Return the methods that a class derives."""
    lines = [
        f"def {operator}(self, other: {'object' if setting == 'eq' else name}) -> bool: ..."
        for setting, operators in COMPARISONS.items()
        if item.setting(setting) is not None
        for operator in operators
    ]
    return [*lines, *(["def __hash__(self) -> int: ..."] if item.setting("hash") is not None else [])]


def data_class(item: Item, types: StubTypes) -> Class:
    """Describe a struct that is converted: a dictionary, or anything with the same attributes."""
    keyed = item.setting("from_item_all") is not None or not item.derives("FromPyObject")
    found = Class(f"{types.names[item.name]}({'TypedDict' if keyed else 'Protocol'})")
    for each in fields_of(item):
        kind = kind_of(each, types)
        name = each.setting("item") or each.name
        found.body += [f"{name}: {kind}"] if keyed else ["@property", f"def {each.name}(self) -> {kind}: ..."]
    return found


def enumeration(item: Item, types: StubTypes) -> Class:
    """Describe an enum: of plain names, or of variants with fields."""
    name = types.names[item.name]
    found = Class(name)
    for variant in items(item.node.child_by_field_name("body") or item.node):
        body = variant.node.child_by_field_name("body")
        label = variant.setting("name") or variant.name
        if body is None:
            found.body.append(f"{label}: ClassVar[{name}]")
            continue
        inside = [(each.name, kind_of(each, types)) for each in items(body)] or [
            (f"_{number}", types.result(kind)) for number, kind in enumerate(body.named_children)
        ]
        found.body += [f"class {label}({name}):"]
        found.body += [
            line for key, kind in inside for line in ("    @property", f"    def {key}(self) -> {kind}: ...")
        ]
        found.body += [f"    def __new__(cls, {', '.join(f'{key}: {kind}' for key, kind in inside)}) -> Self: ..."]
    found.body += compared(item, name)
    return found


def kind_of(each: Item, types: StubTypes) -> str:
    """Return the annotation of a field."""
    return types.result(each.node.child_by_field_name("type"))


def fields_of(item: Item) -> list[Item]:
    """Return the named fields of a struct."""
    body = item.node.child_by_field_name("body")
    return [each for each in items(body) if each.node.type == "field_declaration"] if body else []
