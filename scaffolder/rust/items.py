"""The items of a Rust file as data: functions, structs, enums and the rest, with their attributes and documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scaffolder.rust.imports import Import, read_imports
from scaffolder.rust.source import line_of, parse, syntax_errors, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tree_sitter import Node

# Modules inside modules that are read; a person writes three or four.
DEPTH = 40


@dataclass(frozen=True)
class Attribute:
    """An attribute, such as `#[pyo3(name = "Price", frozen)]`; what `cfg_attr` adds counts as one.

    Attributes:
        name: The last part of its path: `pyo3`.
        arguments: Its arguments, split at the commas: `name = "Price"` and `frozen`.
    """

    name: str
    arguments: tuple[str, ...] = ()

    def setting(self, name: str) -> str | None:
        """Return the source of a setting's value; empty for one without a value."""
        for argument in self.arguments:
            match = re.fullmatch(rf"{re.escape(name)}\s*(?:=\s*(.*)|\((.*)\))?", argument, re.DOTALL)
            if match:
                return match[1] or match[2] or ""
        return None


@dataclass(frozen=True, kw_only=True)
class Item:
    """A Rust item.

    Attributes:
        name: Its name, without `r#`.
        line: The line of its first word, from 1.
        visibility: `pub`, `pub(crate)`; empty for what is private.
        attributes: The attributes before it.
        document: Its documentation.
        span: The bytes of it in the file, without its attributes.
    """

    name: str
    line: int
    visibility: str = ""
    attributes: tuple[Attribute, ...] = ()
    document: str = ""
    span: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)

    def attribute(self, *names: str) -> Attribute | None:
        """Return the first attribute with one of these names."""
        return next((attribute for attribute in self.attributes if attribute.name in names), None)

    def derives(self, trait: str) -> bool:
        """Whether it derives a trait, with or without its path."""
        arguments = [
            name for attribute in self.attributes if attribute.name == "derive" for name in attribute.arguments
        ]
        return trait in {name.rpartition("::")[2].strip() for name in arguments}


@dataclass(frozen=True, kw_only=True)
class Field(Item):
    """A field; a tuple field is named by its number."""

    type: str


@dataclass(frozen=True, kw_only=True)
class Struct(Item):
    """A struct with its fields."""

    generics: str = ""
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Variant(Item):
    """A variant of an enum, with its discriminant."""

    fields: tuple[Field, ...] = ()
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Enum(Item):
    """An enum with its variants."""

    generics: str = ""
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """A parameter: `mut count: usize` is called `count`."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Function(Item):
    """A function or method.

    Attributes:
        generics: Its parameters for types and lifetimes: `<'py>`.
        receiver: `&self`, `self`, `&mut self`; empty for a function.
        parameters: Its other parameters.
        result: The type of what it returns; empty for `()`.
        modifiers: `async`, `unsafe`, `const`, `extern "C"`.
    """

    generics: str = ""
    receiver: str = ""
    parameters: tuple[Parameter, ...] = ()
    result: str = ""
    modifiers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Impl(Item):
    """An `impl` block, which has the name of its type.

    Attributes:
        type: The whole type: `Grid<f64>`.
        trait: The trait, if it implements one.
        items: The functions, constants and types inside.
    """

    type: str
    trait: str = ""
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Module(Item):
    """A module; one in its own file has no items here."""

    inline: bool = False
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Definition(Item):
    """A constant, a static or a type alias."""

    type: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class MacroCall(Item):
    """A macro call in item position: `create_exception!(...)`."""

    arguments: str = ""


@dataclass(frozen=True, kw_only=True)
class Use(Item):
    """A `use`, which has no name of its own."""

    imports: tuple[Import, ...] = ()


@dataclass(frozen=True)
class RustFile:
    """What a file defines.

    Attributes:
        items: Its items in order.
        errors: The lines that can't be parsed; the items around them are read.
    """

    items: tuple[Item, ...]
    errors: tuple[int, ...] = ()

    def walk(self) -> Iterator[Item]:
        """Yield all items, including those in inline modules and `impl` blocks."""
        pending = list(reversed(self.items))
        while pending:
            item = pending.pop()
            yield item
            if isinstance(item, (Module, Impl)):
                pending += reversed(item.items)


def read_items(source: str | bytes) -> RustFile:
    """Read the items of a Rust file."""
    root = parse(source)
    return RustFile(items_in(root), tuple(syntax_errors(root)))


def items_in(parent: Node) -> tuple[Item, ...]:
    """Read the items among the children of a node: a file, or a block."""
    return tuple(_items(parent, 0))


@dataclass
class _Header:
    """The attributes and comments before an item."""

    attributes: list[Attribute] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """Add an attribute or a comment."""
        if node.type == "attribute_item":
            self.attributes += _attributes(node.named_children[0])
        elif node.child_by_field_name("outer") is not None:
            text = text_of(node.child_by_field_name("doc"))
            block = (re.sub(r"^\s*\* ?", "", line) for line in text.strip().splitlines())
            self.lines += [text.rstrip("\r\n")] if node.type == "line_comment" else [f" {line}" for line in block]

    @property
    def document(self) -> str:
        return "\n".join(line.removeprefix(" ").rstrip() for line in self.lines).strip()


def _items(parent: Node, depth: int) -> Iterator[Item]:
    """Read the items among a node's children."""
    header = _Header()
    for child in parent.named_children:
        node = child.named_children[0] if child.type == "expression_statement" and child.named_children else child
        if node.type == "attribute_item" or "comment" in node.type:
            header.add(node)
            continue
        if item := _item(node, header, depth):
            yield item
        header = _Header()


def _item(node: Node, header: _Header, depth: int) -> Item | None:
    """Read one item; nothing for a kind that has no reader."""
    read = READERS.get(node.type)
    if read is None:
        return None
    common = {
        "name": _field_text(node, "name").removeprefix("r#"),
        "line": line_of(node),
        "visibility": next((text_of(child) for child in node.children if child.type == "visibility_modifier"), ""),
        "attributes": tuple(header.attributes),
        "document": header.document,
        "span": (node.start_byte, node.end_byte),
    }
    return read(node, common, depth)


def _field_text(node: Node, name: str) -> str:
    return text_of(node.child_by_field_name(name))


def _inner_items(node: Node, depth: int) -> tuple[Item, ...]:
    body = node.child_by_field_name("body")
    return tuple(_items(body, depth + 1)) if body and depth < DEPTH else ()


def _read_struct(node: Node, common: dict[str, Any], depth: int) -> Struct:  # noqa: ARG001
    return Struct(**common, generics=_field_text(node, "type_parameters"), fields=tuple(_fields(node)))


def _read_enum(node: Node, common: dict[str, Any], depth: int) -> Enum:
    variants = tuple(item for item in _inner_items(node, depth) if isinstance(item, Variant))
    return Enum(**common, generics=_field_text(node, "type_parameters"), variants=variants)


def _read_variant(node: Node, common: dict[str, Any], depth: int) -> Variant:  # noqa: ARG001
    return Variant(**common, fields=tuple(_fields(node)), value=_field_text(node, "value"))


def _read_field(node: Node, common: dict[str, Any], depth: int) -> Field:  # noqa: ARG001
    return Field(**common, type=_field_text(node, "type"))


def _read_function(node: Node, common: dict[str, Any], depth: int) -> Function:  # noqa: ARG001
    receiver, parameters = _parameters(node.child_by_field_name("parameters"))
    modifiers = next((child for child in node.children if child.type == "function_modifiers"), None)
    return Function(
        **common,
        generics=_field_text(node, "type_parameters"),
        receiver=receiver,
        parameters=parameters,
        result=_field_text(node, "return_type"),
        modifiers=tuple(map(text_of, modifiers.children)) if modifiers else (),
    )


def _read_impl(node: Node, common: dict[str, Any], depth: int) -> Impl:
    whole = _field_text(node, "type")
    name = re.sub(r"<.*", "", whole, flags=re.DOTALL).rpartition("::")[2].strip()
    items = _inner_items(node, depth)
    return Impl(**common | {"name": name}, type=whole, trait=_field_text(node, "trait"), items=items)


def _read_module(node: Node, common: dict[str, Any], depth: int) -> Module:
    return Module(**common, inline=node.child_by_field_name("body") is not None, items=_inner_items(node, depth))


def _read_definition(node: Node, common: dict[str, Any], depth: int) -> Definition:  # noqa: ARG001
    return Definition(**common, type=_field_text(node, "type"), value=_field_text(node, "value"))


def _read_macro(node: Node, common: dict[str, Any], depth: int) -> MacroCall:  # noqa: ARG001
    tree = next((child for child in node.named_children if child.type == "token_tree"), None)
    return MacroCall(**common | {"name": _field_text(node, "macro")}, arguments=text_of(tree)[1:-1].strip())


def _read_use(node: Node, common: dict[str, Any], depth: int) -> Use:  # noqa: ARG001
    return Use(**common, imports=tuple(read_imports(node.child_by_field_name("argument"))))


READERS: dict[str, Callable[[Node, dict[str, Any], int], Item]] = {
    "struct_item": _read_struct,
    "enum_item": _read_enum,
    "enum_variant": _read_variant,
    "field_declaration": _read_field,
    "function_item": _read_function,
    "function_signature_item": _read_function,
    "impl_item": _read_impl,
    "mod_item": _read_module,
    "const_item": _read_definition,
    "static_item": _read_definition,
    "type_item": _read_definition,
    "use_declaration": _read_use,
    "macro_invocation": _read_macro,
}


def _fields(owner: Node) -> Iterator[Field]:
    """Read the fields of a struct or variant; tuple fields by number."""
    body = owner.child_by_field_name("body")
    if body is None:
        return
    if body.type != "ordered_field_declaration_list":
        yield from (item for item in _items(body, 0) if isinstance(item, Field))
        return
    header, visibility, number = _Header(), "", 0
    for node in body.named_children:
        if node.type == "visibility_modifier":
            visibility = text_of(node)
        elif node.type == "attribute_item" or "comment" in node.type:
            header.add(node)
        else:
            yield Field(
                name=str(number), line=line_of(node), visibility=visibility, attributes=tuple(header.attributes),
                document=header.document, type=text_of(node),
            )  # fmt: skip
            header, visibility, number = _Header(), "", number + 1


def _parameters(node: Node | None) -> tuple[str, tuple[Parameter, ...]]:
    """Read the receiver and the other parameters of a function."""
    receiver, parameters = "", []
    for child in node.named_children if node else ():
        if child.type == "self_parameter":
            receiver = text_of(child)
        elif child.type == "parameter":
            pattern = text_of(child.child_by_field_name("pattern")).removeprefix("r#")
            parameters.append(Parameter(pattern, text_of(child.child_by_field_name("type"))))
    return receiver, tuple(parameters)


def _attributes(node: Node) -> Iterator[Attribute]:
    """Read an attribute, or those that `cfg_attr` adds."""
    path = next((child for child in node.named_children if child.type != "token_tree"), None)
    name = text_of(path).rpartition("::")[2]
    tree = node.child_by_field_name("arguments")
    value = node.child_by_field_name("value")
    parts = _split(tree.children[1:-1]) if tree else []
    if name != "cfg_attr":
        yield Attribute(name, tuple(map(_source, parts)) if tree else (text_of(value),) if value else ())
        return
    for part in parts[1:]:
        inner = part[-1] if part[-1].type == "token_tree" else None
        words = part[:-1] if inner else part
        arguments = tuple(map(_source, _split(inner.children[1:-1]))) if inner else ()
        yield Attribute(_source(words).rpartition("::")[2], arguments)


def _split(nodes: Sequence[Node]) -> list[list[Node]]:
    """Split nodes at the commas between them."""
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if node.type == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return [part for part in parts if part]


def _source(nodes: Sequence[Node]) -> str:
    """Return the source from the first node to the last."""
    text, end = "", nodes[0].start_byte
    for node in nodes:
        text += (" " if node.start_byte > end else "") + text_of(node)
        end = node.end_byte
    return text
