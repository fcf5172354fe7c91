"""What `__next__` returns, and what iterators yield."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import method_of
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.returning import call_with
from scaffolder.migration.rewrites.tree import around, function_of, part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import Rule, SgNode

    from scaffolder.migration.matching import Match

OUTPUT = "IterNextOutput"
KEPT = "items"
NAMES: list[Rule] = [{"kind": "identifier"}, {"kind": "type_identifier"}]
# What `StopIteration` carries if nobody gave it a value.
NOTHING = {"()", "py.None()", "None"}


def plain_iteration(match: Match) -> Iterator[tuple[int, int, str]]:
    """Return `Option` where nothing is returned at the end, and raise `StopIteration` where something is."""
    function = match.node
    output = result_type(function)
    calls = list(output_calls(function))
    if len(function.find_all({"rule": {"any": NAMES, "regex": f"^{OUTPUT}$"}})) != len(calls) + 1:
        raise Unconcerned
    first = next(child for child in part(output, "type_arguments").children() if child.is_named())
    yield *match.region.span(output), f"Option<{first.text()}>"
    for call, name, argument in calls:
        start, end = match.region.span(call)
        if name == "Yield":
            yield *match.region.span(part(call, "function")), "Some"
        elif argument.text() in NOTHING:
            yield start, end, "None"
        else:
            yield raised(match, call, argument)


def result_type(function: SgNode) -> SgNode:
    """Return where a function's result says `IterNextOutput`."""
    result = function.field("return_type")
    types = [] if result is None else [result, *result.find_all({"rule": {"kind": "generic_type"}})]
    for node in types:
        if node.kind() == "generic_type" and part(node, "type").text().rpartition("::")[2] == OUTPUT:
            return node
    raise Unconcerned


def output_calls(function: SgNode) -> Iterator[tuple[SgNode, str, SgNode]]:
    """Yield the calls of `Yield` and `Return`, with their name and argument."""
    for call in part(function, "body").find_all({"rule": {"kind": "call_expression"}}):
        path = part(call, "function").text().split("::")
        arguments = [child for child in part(call, "arguments").children() if child.is_named()]
        if len(path) > 1 and path[-2] == OUTPUT and path[-1] in {"Yield", "Return"} and len(arguments) == 1:
            yield call, path[-1], arguments[0]


def raised(match: Match, call: SgNode, argument: SgNode) -> tuple[int, int, str]:
    """Raise `StopIteration` with a value instead of returning it, in a function that returns a result."""
    arguments = call.parent()
    outer = arguments.parent() if arguments is not None else None
    if outer is None or outer.kind() != "call_expression" or part(outer, "function").text() != "Ok":
        raise Unconcerned
    text = f"Err(pyo3::exceptions::PyStopIteration::new_err({match.source[slice(*match.region.span(argument))]}))"
    return *match.region.span(outer), text


def keep_items(match: Match) -> Iterator[tuple[int, int, str]]:
    """Keep the objects of a list before a closure lends their data, which lives no longer than they do."""
    closure, mapping = match.node, call_with(match.node)
    mapped = method_of(mapping) if mapping is not None else None
    iterated = method_of(mapped[0]) if mapped is not None else None
    called, function = part(closure, "body"), function_of(closure)
    if mapped is None or iterated is None or function is None or called.kind() != "call_expression":
        raise Unconcerned
    parameter = part(closure, "parameters").text().strip("|")
    lends = part(called, "arguments").text() == f"(&{parameter})"
    if not lends or mapped[1].text() != "map" or iterated[1].text() != "iter":
        raise Unconcerned
    statement = next(outer for outer in closure.ancestors() if around(outer).kind() == "block")
    if iterated[0].kind() != "identifier" or function.find(kind="identifier", regex=f"^{KEPT}$"):
        raise Undecided
    start = match.region.span(statement)[0]
    kept = f"let {KEPT}: Vec<_> = {iterated[0].text()}.iter().collect();\n"
    yield start, start, f"{kept}{indentation(match.source, start)}"
    yield *match.region.span(iterated[0]), KEPT
    yield *match.span, part(called, "function").text()
