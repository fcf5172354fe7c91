"""Functions that returned the text of a Python object, which nothing keeps alive after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.lifetimes import lifetimes_in, references_in
from scaffolder.migration.rewrites.returning import PANICS, calls_any, last_name, named, returned_values
from scaffolder.migration.rewrites.tree import around, function_of, part
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
TO_STRING = ("str::to_string", "|text| text.map(str::to_string)")


def return_text(match: Match) -> Iterator[tuple[int, int, str]]:
    """Return `String` for `&str`, alone or in a container, and make it wherever a function returns."""
    closure = match.node.kind() == "closure_expression"
    function = function_around(match.node)
    kinds = texts_in(result := part(function, "return_type"))
    if closure and not kinds:
        yield from extract_strings(match, match.node)
        return
    if is_of_trait(function):
        raise Undecided("the trait says what the function returns")
    for kind in kinds:
        yield *match.region.span(kind), "String"
    yield from forget_lifetime(match, function, kinds)
    depth = depth_of_text(result)
    if closure or depth is None:
        yield from extract_strings(match, match.node)
        return
    for value in returned_values(function):
        if (end := end_of_text(value, depth)) is not None:
            place = match.region.span(end[0])[1]
            yield place, place, end[1]


def forget_lifetime(match: Match, function: SgNode, kinds: list[SgNode]) -> Iterator[tuple[int, int, str]]:
    """Leave out the only lifetime of a function, if it was there for the text alone: `&'a Bound<'a, _>`."""
    generics, parameters = function.field("type_parameters"), part(function, "parameters")
    name = generics.text()[1:-1] if generics is not None else ""
    sources = [
        node
        for node in parameters.find_all({"rule": {"kind": "reference_type"}})
        if node.text().startswith(f"&{name} Bound<{name}, ")
    ]
    uses = [node for node in lifetimes_in(function) if node.text() == name]
    texts = [node for kind in kinds for node in lifetimes_in(kind)]
    if generics is None or len(sources) != 1 or len(uses) != 1 + len(texts) + 2 * len(sources):
        return
    yield *match.region.span(generics), ""
    start = match.region.span(sources[0])[0]
    yield start, start + len(f"&{name} Bound<{name}"), "&Bound<'_"


def function_around(node: SgNode) -> SgNode:
    """Return the function that a closure is in, or the function itself."""
    function = node if node.kind() == "function_item" else function_of(node)
    if function is None:
        raise Unconcerned
    return function


def texts_in(kind: SgNode) -> list[SgNode]:
    """Return the `&str` in a type."""
    texts = [node for node in references_in(kind) if node.children()[-1].text() == "str"]
    return list({node.range().start.index: node for node in texts}.values())


def extract_strings(match: Match, place: SgNode) -> Iterator[tuple[int, int, str]]:
    """Extract `String` where `&str` was extracted.

    Raises:
        Undecided: It is nowhere.
    """
    asks = place.find_all(
        {"rule": {"kind": "generic_function", "has": {"field": "function", "regex": "\\.extract$"}, "regex": "&"}}
    )
    kinds = [kind for ask in asks for kind in texts_in(part(ask, "type_arguments"))]
    if not kinds:
        raise Undecided("a text lives no longer than the object that it was read from")
    for kind in kinds:
        yield *match.region.span(kind), "String"


def depth_of_text(result: SgNode) -> int | None:
    """Return how often a text is wrapped in a result: twice in `PyResult<Option<&str>>`; nothing in a container."""
    depth = 0
    while result.kind() == "generic_type" and last_name(result) in WRAPPERS:
        depth += 1
        result = named(part(result, "type_arguments"))[0]
    return depth if result.kind() == "reference_type" and depth <= len(TO_STRING) else None


def end_of_text(value: SgNode, depth: int) -> tuple[SgNode, str] | None:
    """Return after what a text is made of a value that is returned, and how; nothing if there is no text."""
    if value.kind() == "macro_invocation" and last_name(value.field("macro")) in PANICS:
        return None
    if calls_any(value, EMPTY):
        return None
    if depth and calls_any(value, FULL):
        return end_of_text(named(part(value, "arguments"))[0], depth - 1)
    if value.kind() not in (CALLS if depth else SIMPLE):
        raise Undecided("it returns a text in more than one way")
    if depth and calls_any(value, {"extract"}):
        return None
    return value, f".map({TO_STRING[depth - 1]})" if depth else ".to_string()"


def is_of_trait(function: SgNode) -> bool:
    """Whether a function implements one of a trait."""
    body = function.parent()
    return body is not None and body.kind() == "declaration_list" and around(body).field("trait") is not None


def own_fields(match: Match) -> Iterator[tuple[int, int, str]]:
    """Own the texts of a type that is made of an object by a derived `FromPyObject`."""
    item = match.node.next()
    while item is not None and item.kind() in {"attribute_item", "line_comment", "visibility_modifier"}:
        item = item.next()
    body = item.field("body") if item is not None else None
    if item is None or body is None:
        raise Unconcerned
    texts = texts_in(body)
    lifetimes = {lifetime.text() for text in texts for lifetime in lifetimes_in(text)}
    kept = {node.text() for node in lifetimes_in(body) if not any(inside(node, text) for text in texts)}
    if not texts or not lifetimes <= kept:
        raise Undecided("a text is owned as `String`, and the type needs no lifetime then")
    for text in texts:
        yield *match.region.span(text), "String"


def inside(node: SgNode, outer: SgNode) -> bool:
    """Whether a node is in another."""
    one, other = node.range(), outer.range()
    return other.start.index <= one.start.index and one.end.index <= other.end.index
