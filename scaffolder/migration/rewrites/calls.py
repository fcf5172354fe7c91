"""Method calls, and what surrounds an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

# What borrows from its receiver, and what takes it over.
TAKING = {"downcast": "downcast_into", "downcast_exact": "downcast_into_exact"}
TEMPORARY = {"call_expression", "try_expression"}
# What a method can be called on without parentheses.
SIMPLE = {
    "identifier", "self", "field_expression", "call_expression", "try_expression", "parenthesized_expression",
    "macro_invocation", "index_expression",
}  # fmt: skip
FUNCTIONS = {"function_item", "closure_expression", "async_block"}


def method_of(node: SgNode) -> tuple[SgNode, SgNode] | None:
    """Return the receiver and the name of a method that an expression calls, without the question mark behind it."""
    if node.kind() == "try_expression":
        node = node.children()[0]
    if node.kind() != "call_expression":
        return None
    called = node.field("function")
    if called.kind() == "generic_function":
        called = called.field("function")
    return (called.field("value"), called.field("field")) if called.kind() == "field_expression" else None


def text_of(match: Match, node: SgNode) -> str:
    """Return a node's text."""
    start, end = match.region.span(node)
    return match.source[start:end]


def is_fallible(node: SgNode) -> bool:
    """Whether a question mark can be used at a place: what surrounds it says that it returns a result."""
    function = next((outer for outer in node.ancestors() if outer.kind() in FUNCTIONS), None)
    result = function.field("return_type") if function is not None else None
    return result is not None and "Result" in result.text()
