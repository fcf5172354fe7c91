"""Functions that returned the text of a Python object, which nothing keeps alive after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import PANICS, calls_any, last_name, named, returned_values
from scaffolder.migration.rewrites.tree import around, part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

WRAPPERS = {"PyResult", "Result", "Option"}
# What has a text in it, or none.
FULL, EMPTY = {"Ok", "Some"}, {"Err", "None"}
# What a method can be called on without parentheses.
SIMPLE = {
    "identifier", "self", "field_expression", "call_expression", "try_expression", "parenthesized_expression",
    "string_literal", "index_expression",
}  # fmt: skip
CALLS = {"call_expression", "try_expression"}


def return_text(match: Match) -> Iterator[tuple[int, int, str]]:
    """Return `String` for `&str`, and make it wherever the function returns."""
    function = match.node
    if function.kind() == "closure_expression":
        raise Unconcerned
    result = part(function, "return_type")
    if is_of_trait(function):
        raise Undecided("the trait says what the function returns")
    wrapped = result.kind() == "generic_type"
    yield *match.region.span(text_type(result)), "String"
    for value in returned_values(function):
        if (end := end_of_text(value, wrapped=wrapped)) is not None:
            place = match.region.span(end[0])[1]
            yield place, place, end[1]


def text_type(result: SgNode) -> SgNode:
    """Return the `&str` of a result that is nothing else, or is wrapped once."""
    kinds = [result]
    if result.kind() == "generic_type" and last_name(result) in WRAPPERS:
        kinds = named(part(result, "type_arguments"))[:1]
    if kinds[0].kind() == "reference_type" and kinds[0].children()[-1].text() == "str":
        return kinds[0]
    raise Undecided("a text lives no longer than the object that it was read from")


def end_of_text(value: SgNode, *, wrapped: bool) -> tuple[SgNode, str] | None:
    """Return after what a text is made of a value that is returned, and how; nothing if there is no text."""
    if value.kind() == "macro_invocation" and last_name(value.field("macro")) in PANICS:
        return None
    if calls_any(value, EMPTY):
        return None
    if wrapped and not calls_any(value, FULL):
        if value.kind() not in CALLS:
            raise Undecided("it returns a text in more than one way")
        return value, ".map(str::to_string)"
    text = named(part(value, "arguments"))[0] if wrapped else value
    if text.kind() not in SIMPLE:
        raise Undecided("it returns a text in more than one way")
    return text, ".to_string()"


def is_of_trait(function: SgNode) -> bool:
    """Whether a function implements one of a trait."""
    body = function.parent()
    return body is not None and body.kind() == "declaration_list" and around(body).field("trait") is not None
