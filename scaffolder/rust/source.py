"""Parse Rust source with tree-sitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


def parse(source: str | bytes) -> Node:
    """Parse Rust; syntax errors become error nodes, and the rest is parsed."""
    import tree_sitter
    import tree_sitter_rust

    data = source.encode("utf-8", "replace") if isinstance(source, str) else source
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language())).parse(data).root_node


def text_of(node: Node | None) -> str:
    """Return the source of a node; empty if there is none."""
    return (node.text or b"").decode("utf-8", "replace") if node else ""


def line_of(node: Node) -> int:
    """Return the line in which a node begins, from 1."""
    return node.start_point[0] + 1


def nodes_before(node: Node) -> Iterator[Node]:
    """Yield the nodes before one in its block, the nearest first."""
    while (before := node.prev_named_sibling) is not None:
        yield before
        node = before


def nodes_after(node: Node) -> Iterator[Node]:
    """Yield the nodes after one in its block."""
    while (after := node.next_named_sibling) is not None:
        yield after
        node = after


def attributes_of(node: Node) -> Iterator[str]:
    """Yield the attributes of an item, the last one first."""
    for before in nodes_before(node):
        if before.type == "attribute_item":
            yield text_of(before)
        elif "comment" not in before.type:
            return


def syntax_errors(root: Node) -> Iterator[int]:
    """Return the lines that can't be parsed."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield line_of(node)
        elif node.has_error:
            pending += reversed(node.children)
