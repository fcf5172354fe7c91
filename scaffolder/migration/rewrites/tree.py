"""Parts of a syntax tree that are there in all code that compiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.undecided import Unconcerned

if TYPE_CHECKING:
    from ast_grep_py import SgNode


def part(node: SgNode, name: str) -> SgNode:
    """Return a field of a node, such as the `name` of a function.

    Raises:
        Unconcerned: The node has none.
    """
    child = node.field(name)
    if child is None:
        raise Unconcerned
    return child


def around(node: SgNode) -> SgNode:
    """Return the node that a node is in.

    Raises:
        Unconcerned: The node is the root.
    """
    parent = node.parent()
    if parent is None:
        raise Unconcerned
    return parent


def function_of(node: SgNode) -> SgNode | None:
    """Return the function that a node is in; closures are parts of it."""
    return next((outer for outer in node.ancestors() if outer.kind() == "function_item"), None)
