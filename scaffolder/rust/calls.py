"""Calls in Rust code: what is called, with what, and the texts and types in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.rust.imports import read_path
from scaffolder.rust.pymodules import type_path
from scaffolder.rust.source import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

STRING = re.compile(r'^(?:c|r#*)?"((?:[^"\\])*)"#*$')
TYPE_OBJECT = {"get_type", "get_type_bound", "type_object", "type_object_bound"}
# What is round an expression, and the methods that hand on what they are called on.
WRAPPING = frozenset({"try_expression", "parenthesized_expression"})
PASSING = frozenset({"unwrap", "expect", "clone", "as_borrowed"})


def bare_expression(node: Node, wrapping: frozenset[str] = WRAPPING, passing: frozenset[str] = PASSING) -> Node:
    """Return an expression without `?`, references, parentheses and the calls that hand it on."""
    while True:
        inner = None
        if node.type in wrapping and node.named_children:
            inner = node.named_children[-1]
        elif node.type == "reference_expression":
            inner = node.child_by_field_name("value")
        elif node.type == "call_expression" and function_of(node).type == "field_expression":
            field_node = function_of(node)
            if text_of(field_node.child_by_field_name("field")) in passing:
                inner = field_node.child_by_field_name("value")
        if inner is None:
            return node
        node = inner


def function_of(call: Node) -> Node:
    """Return what a call calls."""
    return call.child_by_field_name("function") or call


def arguments_of(call: Node) -> list[Node]:
    """Return the arguments of a call."""
    node = call.child_by_field_name("arguments")
    return [child for child in node.named_children if "comment" not in child.type] if node else []


def literal_text(node: Node) -> str | None:
    """Return the text of a literal, also in `intern!`."""
    if node.type == "macro_invocation" and text_of(node.child_by_field_name("macro")).endswith("intern"):
        literals = list(descendants(node, "string_literal"))
        node = literals[0] if len(literals) == 1 else node
    match = STRING.match(text_of(node))
    return match[1] if match else None


def path_in_macro(macro: Node) -> tuple[str, ...]:
    """Return the path that a macro begins with."""
    tree = next((child for child in macro.named_children if child.type == "token_tree"), None)
    return read_path(text_of(tree)[1:-1].split(",")[0])


def type_object_of(call: Node) -> tuple[str, ...]:
    """Return the type in `py.get_type::<T>()` or `T::type_object(py)`; empty for any other call."""
    function = function_of(call)
    if function.type == "generic_function":
        called = text_of(function.child_by_field_name("function"))
        types = text_of(function.child_by_field_name("type_arguments"))
        if re.split(r"[.:]", called)[-1] in TYPE_OBJECT:
            return type_path(types.strip("<>")) or ("",)
        return ()
    path = read_path(text_of(function))
    return path[:-1] if len(path) > 1 and path[-1] in TYPE_OBJECT else ()


def descendants(node: Node, *types: str) -> Iterator[Node]:
    """Yield the nodes of some types in a node, itself included."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.type in types:
            yield node
        pending += reversed(node.named_children)


def enclosing_function(node: Node) -> Node:
    """Return the function around a node; without one the node itself."""
    around = node.parent
    while around is not None and around.type != "function_item":
        around = around.parent
    return around or node


def registering_statements(block: Node, variable: str) -> Iterator[Node]:
    """Yield the statements of a block that register something in a module."""
    pattern = re.compile(rf"{re.escape(variable)}\s*\.\s*(add|add_\w+)\s*(::|\()")
    before: Node | None = None
    for child in block.named_children:
        has_cfg = before is not None and before.type == "attribute_item"
        if pattern.match(text_of(child)) and not has_cfg:
            yield child
        before = child


def ends_statement(node: Node) -> bool:
    """Whether a node is a whole statement, and not the value of a block."""
    return text_of(node).endswith(";")
