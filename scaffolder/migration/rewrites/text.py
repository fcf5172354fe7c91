"""Errors of text that is not UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import token_in_scope
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits

# Expressions that give the same when they are read twice.
PURE = {"identifier", "field_expression", "self", "reference_expression"}
PURE_METHODS = {"as_bytes", "as_slice", "as_ref"}


def decode_error(match: Match) -> Edits:
    """Make a `UnicodeDecodeError` of the error of `from_utf8`, which needs the bytes and a `py`."""
    before = match.node.prev()
    arguments = before.field("arguments") if before is not None else None
    values = [child for child in arguments.children() if child.is_named()] if arguments is not None else []
    token = token_in_scope(match.node)
    if not token or len(values) != 1 or not is_pure(values[0]):
        raise Undecided
    values_text = values[0].text()
    conversion = f"PyUnicodeDecodeError::new_err_from_utf8({token}, {values_text}, error)"
    return [(*match.span, f".map_err(|error| {conversion})?")]


def is_pure(node: SgNode) -> bool:
    """Whether an expression can be repeated: a variable, a field, a borrow, or a method that only lends the bytes."""
    if node.kind() == "call_expression":
        function, arguments = node.field("function"), node.field("arguments")
        method = function.field("field") if function is not None else None
        owner = function.field("value") if function is not None else None
        if method is None or owner is None or arguments is None or method.text() not in PURE_METHODS:
            return False
        return arguments.text() == "()" and is_pure(owner)
    if node.kind() not in PURE:
        return False
    inner = node.field("value")
    return node.kind() in {"identifier", "self"} or (inner is not None and is_pure(inner))
