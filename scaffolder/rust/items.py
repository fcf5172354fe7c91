"""Rust items as tree-sitter reads them: their attributes, documentation and the module that they are in."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scaffolder.tools.type_converter.rust_types import content

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

KINDS = {
    "struct_item", "enum_item", "function_item", "function_signature_item", "impl_item", "const_item",
    "field_declaration", "enum_variant", "type_item", "macro_invocation",
}  # fmt: skip
# Others have settings of the same names: `serde(rename_all = ...)`.
OWN = {"pyo3", "pyclass", "pyfunction", "pymodule", "pymethods"}


@dataclass(frozen=True)
class Item:
    """An item, or a field or variant of one, with what stands before it.

    Attributes:
        node: The item.
        marks: The attributes by their names, with their arguments.
        document: Its documentation.
        module: The names of the submodules that it is in.
    """

    node: Node
    marks: dict[str, list[Node]]
    document: str = ""
    module: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in Rust."""
        return content(self.node.child_by_field_name("name")).removeprefix("r#")

    def derives(self, *names: str) -> bool:
        """Whether it derives one of some traits."""
        found = {word for node in self.marks.get("derive", ()) for word in re.findall(r"\w+", content(node))}
        return bool(found & set(names))

    @property
    def extracted(self) -> bool:
        """Whether it is made of a Python object by its fields."""
        return self.derives("FromPyObject")

    @property
    def converted(self) -> bool:
        """Whether a Python object is made of it by its fields."""
        return self.derives("IntoPyObject", "IntoPyObjectRef")

    def part(self, name: str) -> list[Node] | None:
        """Return a setting of PyO3's attributes as it stands there."""
        for mark in OWN & self.marks.keys():
            for tree in self.marks[mark]:
                for part in parts(tree):
                    if content(part[0]) == name:
                        return part
        return None

    def setting(self, name: str) -> str | None:
        """Return a setting of PyO3's attributes: its text, empty if it has none, or nothing if it is not there."""
        part = self.part(name)
        if part is None:
            return None
        if len(part) == 2 and part[1].type == "token_tree":
            return unquoted(content(part[1])[1:-1])
        return unquoted(tail(part, 2))


@dataclass
class Before:
    """What stands before an item."""

    marks: dict[str, list[Node]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """Add an attribute or a comment."""
        if node.type == "attribute_item":
            attribute = node.named_children[0]
            name = content(attribute.named_children[0]).rpartition("::")[2]
            self._mark(name, attribute.child_by_field_name("arguments"))
        elif node.child_by_field_name("outer") is not None:
            text = content(node.child_by_field_name("doc"))
            block = (re.sub(r"^\s*\* ?", "", line) for line in text.strip().splitlines())
            self.lines += [text.rstrip("\r\n")] if node.type == "line_comment" else [f" {line}" for line in block]

    def _mark(self, name: str, arguments: Node | None) -> None:
        if name == "cfg_attr" and arguments is not None:
            for part in parts(arguments)[1:]:
                tree = part[-1] if part[-1].type == "token_tree" else None
                self._mark(content(part[-2 if tree else -1]), tree)
        else:
            self.marks.setdefault(name, []).extend([arguments] if arguments else [])

    @property
    def tested(self) -> bool:
        """Whether the item is there for tests only."""
        return any(content(tree).replace(" ", "") == "(test)" for tree in self.marks.get("cfg", ()))

    @property
    def document(self) -> str:
        """The documentation."""
        return "\n".join(line.removeprefix(" ").rstrip() for line in self.lines).strip()


def items(parent: Node, module: tuple[str, ...] = (), *, inside: bool = False) -> Iterator[Item]:
    """Return the items in a file, module or body, those of inline modules included.

    Args:
        parent: Where they stand.
        module: The submodules around it.
        inside: Whether a Python module is around it, so that one in it is a submodule.
    """
    before = Before()
    for node in parent.named_children:
        found = node.named_children[0] if node.type == "expression_statement" else node
        if found.type == "attribute_item" or "comment" in found.type:
            before.add(found)
            continue
        if found.type == "mod_item" and not before.tested:
            yield from module_items(Item(found, before.marks), module, inside=inside)
        elif found.type in KINDS and not before.tested:
            yield Item(found, before.marks, before.document, module)
        before = Before()


def module_items(item: Item, module: tuple[str, ...], *, inside: bool) -> Iterator[Item]:
    """Return the items of an inline module."""
    body = item.node.child_by_field_name("body")
    if body is None:
        return
    python = "pymodule" in item.marks
    path = (*module, item.setting("name") or item.name) if python and inside else module
    yield from items(body, path, inside=inside or python)


def parts(tree: Node) -> list[list[Node]]:
    """Split what stands between brackets at its commas."""
    found: list[list[Node]] = [[]]
    for node in tree.children[1:-1]:
        if content(node) == ",":
            found.append([])
        else:
            found[-1].append(node)
    return [part for part in found if part]


def tail(part: list[Node], first: int) -> str:
    """Return the source of a part from one of its nodes on."""
    return "".join(map(content, part[first:]))


def python_literal(text: str) -> object:
    """Return the value of a Rust literal.

    Raises:
        ValueError, SyntaxError: It is none that Python has, too.
    """
    # Rust leaves out the end of a line after a backslash, with the spaces of the next one.
    text = re.sub(r"\\\n\s*", "", text).replace("\n", "\\n")
    found: object = ast.literal_eval(re.sub(r"\\u\{(\w+)\}", lambda match: f"\\U{int(match[1], 16):08x}", text))
    return found


def unquoted(text: str) -> str:
    """Return the value of a text literal, or any other source as it is."""
    if not re.fullmatch(r'"(?:[^"\\]|\\.)*"', text, re.DOTALL):
        return text
    try:
        return str(python_literal(text))
    except (ValueError, SyntaxError):
        return text[1:-1]


def fields_of(item: Item) -> list[Item]:
    """Return the named fields of a struct or variant."""
    body = item.node.child_by_field_name("body")
    return [each for each in items(body) if each.node.type == "field_declaration"] if body else []


def tuple_of(item: Item) -> list[Node]:
    """Return the types of a tuple struct or variant."""
    body = item.node.child_by_field_name("body")
    return body.children_by_field_name("type") if body and body.type == "ordered_field_declaration_list" else []


def renamed(name: str, rule: str | None) -> str:
    """Return a name by PyO3's setting `rename_all`."""
    words = [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)] or [name]
    capitals = [word.capitalize() for word in words]
    found = {
        "camelCase": "".join([words[0], *capitals[1:]]),
        "PascalCase": "".join(capitals),
        "snake_case": "_".join(words),
        "kebab-case": "-".join(words),
        "SCREAMING_SNAKE_CASE": "_".join(words).upper(),
        "SCREAMING-KEBAB-CASE": "-".join(words).upper(),
        "lowercase": name.lower(),
        "UPPERCASE": name.upper(),
    }
    return found.get(rule or "", name)
