"""Method calls, and what surrounds an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import last_name, result_type
from scaffolder.migration.rewrites.tree import around, part

if TYPE_CHECKING:
    from collections.abc import Collection

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

# What borrows from its receiver, and what takes it over.
TAKING = {"downcast": "downcast_into", "downcast_exact": "downcast_into_exact"}
TEMPORARY = {"call_expression", "try_expression"}
# What gives the value in a result or an option, or panics.
PANICKING = {"unwrap", "expect"}
# What a method can be called on without parentheses.
SIMPLE = {
    "identifier", "self", "field_expression", "call_expression", "try_expression", "parenthesized_expression",
    "macro_invocation", "index_expression",
}  # fmt: skip
FUNCTIONS = {"function_item", "closure_expression", "async_block"}
# Calls whose closures run without the interpreter, or in another thread.
DETACHING = {"allow_threads", "spawn", "spawn_blocking", "future_into_py", "install", "scope"}


def method_of(node: SgNode) -> tuple[SgNode, SgNode] | None:
    """Return the receiver and the name of a method that an expression calls, without the question mark behind it."""
    if node.kind() == "try_expression":
        node = node.children()[0]
    if node.kind() != "call_expression":
        return None
    called = part(node, "function")
    if called.kind() == "generic_function":
        called = part(called, "function")
    return (part(called, "value"), part(called, "field")) if called.kind() == "field_expression" else None


def method_before_panics(node: SgNode) -> tuple[SgNode, SgNode] | None:
    """Return the same for the method whose result is unwrapped, if it is."""
    method = method_of(node)
    while method and method[1].text() in PANICKING:
        method = method_of(method[0])
    return method


def text_of(match: Match, node: SgNode) -> str:
    """Return a node's text."""
    start, end = match.region.span(node)
    return match.source[start:end]


def is_fallible(node: SgNode) -> bool:
    """Whether a question mark can be used at a place: what surrounds it says that it returns an error of Python's."""
    function = next((outer for outer in node.ancestors() if outer.kind() in FUNCTIONS), None)
    return function is not None and result_type(function.field("return_type")) is not None


def token_in_scope(node: SgNode) -> str:
    """Return an expression for the `Python` that a place has; empty if it has none."""
    hidden: set[str] = set()
    for outer in node.ancestors():
        if outer.kind() == "block" and (name := declared_token(outer, node)):
            return name
        if outer.kind() in {"function_item", "closure_expression"} and (name := token_parameter(outer, hidden)):
            return name
        hidden |= names_bound(outer, node)
        if outer.kind() in {"function_item", "async_block"} or is_detached(outer):
            return ""
    return ""


def names_bound(outer: SgNode, node: SgNode) -> set[str]:
    """Return the names that a block, arm, condition, loop or closure binds before a place in it."""
    start, patterns = node.range().start.index, [outer.field("pattern")]
    if outer.kind() == "block":
        before = [child for child in outer.children() if child.range().end.index < start]
        patterns = [child.field("pattern") for child in before if child.kind() == "let_declaration"]
    elif outer.kind() == "closure_expression":
        patterns = [outer.field("parameters")]
    elif (condition := outer.field("condition")) is not None:
        patterns = [let.field("pattern") for let in (condition, *condition.find_all(kind="let_condition"))]
    return {name for pattern in patterns if pattern for name in names_in(pattern)}


def names_in(pattern: SgNode) -> set[str]:
    """Return the names in a pattern or among a closure's parameters."""
    return {leaf.text() for leaf in pattern.find_all(regex="^[a-z_0-9]+$")}


def declared_token(block: SgNode, node: SgNode) -> str:
    """Return `py` if a block declares it before a place."""
    start = node.range().start.index
    for child in block.children():
        if (
            child.kind() == "let_declaration"
            and child.range().end.index < start
            and part(child, "pattern").text() == "py"
        ):
            return "py"
    return ""


def token_parameter(function: SgNode, hidden: Collection[str] = ()) -> str:
    """Return what gives the `Python` among a function's parameters.

    Args:
        function: The function or closure.
        hidden: The names that mean something else at the place.
    """
    for parameter in part(function, "parameters").children():
        pattern = parameter.field("pattern") or parameter
        if pattern.text() in hidden:
            continue
        if function.kind() == "closure_expression" and parameter.text() == "py":
            return "py"
        name = pattern.text()
        match last_name(parameter.field("type")) if parameter.kind() == "parameter" else "":
            case "Python":
                return name
            case "Bound" | "Borrowed" | "PyRef" | "PyRefMut" if name.isidentifier():
                return f"{name}.py()"
    return ""


def is_detached(closure: SgNode) -> bool:
    """Whether a closure runs where the interpreter is not attached, as far as the call's name shows."""
    if closure.kind() != "closure_expression":
        return False
    call = around(around(closure))
    if call.kind() != "call_expression":
        return False
    return part(call, "function").text().rpartition(".")[2].rpartition("::")[2] in DETACHING
