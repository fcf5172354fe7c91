"""Rust items as tree-sitter reads them: their attributes, parameters and signatures."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conversion.rust_types import content, last_name
from scaffolder.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from conversion.rust_types import StubTypes

KINDS = {
    "struct_item", "enum_item", "function_item", "function_signature_item", "impl_item", "const_item",
    "field_declaration", "enum_variant", "type_item",
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An item, or a field or variant of one, with the attributes that stand before it.

    Attributes:
        node: The item.
        marks: The attributes by their names, with their arguments.
    """

    node: Node
    marks: dict[str, list[Node]]

    @property
    def name(self) -> str:
        """Its name in Rust."""
        return content(self.node.child_by_field_name("name")).removeprefix("r#")

    def derives(self, name: str) -> bool:
        """Whether it derives a trait."""
        return any(name in re.findall(r"\w+", content(node)) for node in self.marks.get("derive", ()))

    def setting(self, name: str) -> str | None:
        """Return a setting of PyO3's attributes: its text, empty if it has none, or nothing if it is not there."""
        for mark, trees in self.marks.items():
            if mark == "derive":
                continue
            for tree in trees:
                for part in parts(tree):
                    if content(part[0]) == name:
                        return tail(part, 2).strip('"')
        return None


def items(parent: Node) -> Iterator[Item]:
    """Return the items in a file, module or body, those of inline modules included."""
    marks: dict[str, list[Node]] = {}
    for node in parent.named_children:
        if node.type == "attribute_item":
            attribute = node.named_children[0]
            name = content(attribute.named_children[0]).rpartition("::")[2]
            arguments = attribute.child_by_field_name("arguments")
            marks.setdefault(name, []).extend([arguments] if arguments else [])
        elif node.type == "mod_item":
            body = node.child_by_field_name("body")
            yield from items(body) if body else ()
            marks = {}
        elif node.type in KINDS:
            yield Item(node, marks)
            marks = {}
        elif "comment" not in node.type:
            marks = {}


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


def stub_parameters(item: Item, types: StubTypes, *, method: bool = False) -> str:
    """Return the parameters of a function as a stub writes them, without its receiver.

    Args:
        item: The function.
        types: What turns types into annotations.
        method: Whether the first parameter may be the object, the class or the module.

    Raises:
        UsageError: Signature and parameters don't agree.
    """
    annotated = dict(rust_parameters(item, types, method=method))
    signature = next(
        (part[-1] for tree in item.marks.get("pyo3", []) for part in parts(tree) if content(part[0]) == "signature"),
        None,
    )
    if signature is None:
        return ", ".join(f"{name}: {annotation}" for name, annotation in annotated.items())
    return ", ".join(written(part, annotated, item) for part in parts(signature))


def written(part: list[Node], annotated: dict[str, str], item: Item) -> str:
    """Return one part of a signature with its annotation."""
    texts = [content(node) for node in part]
    stars = "".join(text for text in texts[:2] if set(text) == {"*"})
    names = [text for text in texts if re.fullmatch(r"(r#)?[^\W\d]\w*", text)]
    if texts == ["/"] or not names:
        return "".join(texts)
    name = names[0].removeprefix("r#")
    if name not in annotated:
        raise UsageError(f"the signature of `{item.name}` names `{name}`, which is no parameter")
    if stars:
        return f"{stars}{name}: Any"
    default = tail(part, texts.index("=") + 1) if "=" in texts else ""
    annotation = annotated[name]
    return f"{name}: {annotation} = {python_default(default)}" if default else f"{name}: {annotation}"


def python_default(text: str) -> str:
    """Return a default as Python writes it, or `...` if it is no literal."""
    text = {"true": "True", "false": "False"}.get(text, text)
    text = re.sub(r"^(-?[\d_]+(?:\.\d+)?)(?:[iu](?:8|16|32|64|128|size)|f32|f64)$", r"\1", text)
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return "..."


def rust_parameters(item: Item, types: StubTypes, *, method: bool) -> Iterator[tuple[str, str]]:
    """Return the names of the parameters that Python passes, with their annotations."""
    nodes = item.node.child_by_field_name("parameters")
    for number, node in enumerate(nodes.named_children if nodes else ()):
        kind = node.child_by_field_name("type")
        if node.type != "parameter" or kind is None or is_token(kind):
            continue
        name = content(node.child_by_field_name("pattern")).removeprefix("mut ").removeprefix("r#")
        passed = method or item.setting("pass_module") is not None
        if number == 0 and passed and re.search(r"\b(Self|PyType|PyModule)\b", content(kind)):
            continue
        yield name, types.argument(kind)


def is_token(kind: Node) -> bool:
    """Whether it is the type `Python`, which stands for being attached and is no argument of Python's."""
    named = kind.child_by_field_name("type") if kind.type == "generic_type" else kind
    return last_name(named) == "Python"
