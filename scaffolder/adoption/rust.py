"""Prepare the Rust file with the Python module for what features export: add the anchors that the template has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scaffolder.errors import ScaffolderError
from scaffolder.rust.items import Function, Module, items_in
from scaffolder.rust.source import nodes_before, parse, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tree_sitter import Node

    from scaffolder.rust.items import Item

BEGIN, END = "// features: begin", "// features: end"
INDENT = "    "
RESULTS = {"": "super::{call};\n        Ok(())", "PyResult<()>": "super::{call}", "Result<(), PyErr>": "super::{call}"}
# They make the module, so they go with it; what else is on a function stays there.
NAMING = {"pymodule", "pyo3", "doc"}


class Place(NamedTuple):
    """A `#[pymodule]` in a file.

    Attributes:
        item: What it is.
        node: Its syntax.
        header: The attributes and comments above it, in order.
    """

    item: Item
    node: Node
    header: list[Node]

    @property
    def start(self) -> int:
        """Where it begins, with its header."""
        return self.header[0].start_byte if self.header else self.node.start_byte


def add_anchors(path: str, text: bytes, name: str, crates: Collection[str] = ()) -> bytes:
    """Return a Rust file with the anchors of the template.

    A function becomes a module that calls it; the function itself stays as it is.

    Args:
        path: The file, for messages.
        text: What is in it.
        name: The Rust name of the Python module.
        crates: The names of the crates that it depends on, which a module of the same name would hide.

    Raises:
        ScaffolderError: The function is of a form that can't be called from a module.
    """
    if has_anchors(text):
        return text
    place = find_place(text, name)
    at_top = f"{BEGIN}\n{END}\n\n".encode()
    if isinstance(place.item, Module):
        inside = f"\n{INDENT}{BEGIN}\n{INDENT}{END}\n".encode()
        end = place.node.end_byte - 1
        body = text[place.start : end].rstrip(b" \t")
        edited = (
            body + (b"" if body.endswith(b"\n") else b"\n") + inside.removeprefix(b"\n" if is_empty(place) else b"")
        )
        return text[: place.start] + at_top + edited + text[end:]
    function = join([node for node in place.header if not is_moved(node)])
    function += text_of(place.node)
    module = module_around(path, place, is_hiding=name in crates)
    return text[: place.start] + at_top + f"{function}\n\n{module}".encode() + text[place.node.end_byte :]


def has_anchors(text: bytes) -> bool:
    """Whether a file has both pairs of anchors."""
    lines = text.decode("utf-8", "replace").splitlines()
    return all(line in lines for line in (BEGIN, END, INDENT + BEGIN, INDENT + END))


def is_empty(place: Place) -> bool:
    """Whether a module has nothing in it."""
    body = place.node.child_by_field_name("body")
    return body is None or not body.named_children


def find_place(text: bytes, name: str) -> Place:
    """Find a `#[pymodule]` at the top level of a file.

    Raises:
        ScaffolderError: The attribute depends on a condition.
    """
    root = parse(text)
    item = next(item for item in items_in(root) if item.name == name and item.attribute("pymodule"))
    node = root.descendant_for_byte_range(*item.span)
    assert node is not None  # noqa: S101
    header = header_of(node)[::-1]
    if "pymodule" not in map(name_of_attribute_or_none, header):
        raise ScaffolderError(
            f"`{name}` is a Python module only under a condition, by `cfg_attr`",
            f"write `#[pymodule]` in a line directly above `{name}`",
        )
    return Place(item, node, header)


def header_of(node: Node) -> list[Node]:
    """Return the attributes and comments directly above an item, the nearest first."""
    header: list[Node] = []
    below = node
    for before in nodes_before(node):
        # A comment has its line end inside of it.
        apart = below.start_point[0] - before.start_point[0] - text_of(before).rstrip("\n").count("\n") > 1
        is_comment = "comment" in before.type
        if not (before.type == "attribute_item" or is_comment) or (is_comment and apart):
            break
        if text_of(before).startswith(("//!", "/*!")):
            break
        header.append(before)
        below = before
    return header


def is_moved(node: Node) -> bool:
    """Whether a line above a function belongs to the Python module."""
    if node.type != "attribute_item":
        return text_of(node).startswith(("///", "/**"))
    return name_of_attribute(node) in NAMING


def name_of_attribute(node: Node) -> str:
    """Return the last part of an attribute's path."""
    attribute = node.named_children[0]
    return text_of(attribute.named_children[0]).rpartition("::")[2]


def join(nodes: Sequence[Node]) -> str:
    """Return attributes and comments, one a line."""
    return "".join(f"{text_of(node).rstrip()}\n" for node in nodes)


def module_around(path: str, place: Place, *, is_hiding: bool) -> str:
    """Return the module that calls a function to fill itself."""
    item = place.item
    assert isinstance(item, Function)  # noqa: S101
    body = RESULTS.get(" ".join(item.result.split()).rpartition("pyo3::")[2])
    call = call_of(item)
    if body is None or call is None or item.modifiers:
        raise ScaffolderError(
            f"the `#[pymodule]` `{item.name}` in `{path}` is a function of a form that adopt can't turn into a module",
            f"write it as `fn {item.name}(m: &Bound<'_, PyModule>) -> PyResult<()>`, or as `mod {item.name}`",
        )
    above = [node for node in place.header if is_moved(node) or is_condition(node)]
    visibility = f"{item.visibility} " if item.visibility else ""
    named = any(True for node in place.header for _ in name_literals(node))
    naming = f'#[pyo3(name = "{item.name}")]\n' if is_hiding and not named else ""
    name = f"{item.name}_module" if is_hiding else item.name
    return (
        f"{join(above)}{naming}{visibility}mod {name} {{\n"
        f"{INDENT}use pyo3::prelude::*;\n\n"
        f"{INDENT}{BEGIN}\n{INDENT}{END}\n\n"
        f"{INDENT}#[pymodule_init]\n"
        f"{INDENT}fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {{\n"
        f"{INDENT * 2}{body.format(call=call)}\n"
        f"{INDENT}}}\n}}"
    )


def is_condition(node: Node) -> bool:
    """Whether an attribute decides that an item is there."""
    return node.type == "attribute_item" and name_of_attribute(node) == "cfg"


def call_of(item: Function) -> str | None:
    """Return how a function that fills a module is called, if that is known."""
    arguments = [argument_of(parameter.type) for parameter in item.parameters]
    if arguments not in (["m"], ["m.py()", "m"]) or item.receiver:
        return None
    return f"{item.name}({', '.join(map(str, arguments))})"


def argument_of(type_text: str) -> str | None:
    """Return what is passed for a parameter of this type."""
    plain = "".join(type_text.split()).replace("pyo3::", "").replace("prelude::", "").replace("types::", "")
    if plain in {"&Bound<'_,PyModule>", "&Bound<PyModule>", "&Bound<'py,PyModule>"}:
        return "m"
    return "m.py()" if plain in {"Python<'_>", "Python", "Python<'py>"} else None


def rename_module(text: bytes, name: str, extension: str, package: str) -> bytes:
    """Give the Python module another name, and let its Rust name be.

    Args:
        text: The Rust file.
        name: The Rust name of the module.
        extension: Its new name.
        package: The package that it goes into, which its classes then say that they are in.
    """
    place = find_place(text, name)
    home = f', module = "{package}"' if isinstance(place.item, Module) and not place_has(place, "module") else ""
    for node in place.header:
        for literal in name_literals(node):
            return text[: literal.start_byte] + f'"{extension}"{home}'.encode() + text[literal.end_byte :]
    node = next(node for node in place.header if name_of_attribute_or_none(node) == "pymodule")
    attribute = node.named_children[0]
    arguments = attribute.child_by_field_name("arguments")
    new = f'name = "{extension}"{home}'
    if arguments is None:
        return text[: attribute.end_byte] + f"({new})".encode() + text[attribute.end_byte :]
    position = arguments.start_byte + 1
    separator = ", " if arguments.named_children else ""
    return text[:position] + f"{new}{separator}".encode() + text[position:]


def name_of_attribute_or_none(node: Node) -> str | None:
    """Return the name of an attribute; of a comment nothing."""
    return name_of_attribute(node) if node.type == "attribute_item" else None


def place_has(place: Place, name: str) -> bool:
    """Whether an attribute of PyO3's has a setting."""
    attributes = (attribute for attribute in place.item.attributes if attribute.name in {"pymodule", "pyo3"})
    return any(attribute.setting(name) is not None for attribute in attributes)


def name_literals(node: Node) -> Iterator[Node]:
    """Yield the text of `name = "…"` in an attribute of PyO3's."""
    if name_of_attribute_or_none(node) not in {"pymodule", "pyo3"}:
        return
    arguments = node.named_children[0].child_by_field_name("arguments")
    parts = arguments.children if arguments else []
    for first, second, third in zip(parts, parts[1:], parts[2:], strict=False):
        if text_of(first) == "name" and text_of(second) == "=" and third.type == "string_literal":
            yield third
