"""The `Python` that a function takes of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import names_in, token_parameter
from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.tree import function_of, part
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.paths import Edits

NAME = "py"
BINDING = ("parameter", "let_declaration", "let_condition", "match_arm", "for_expression", "closure_parameters")


def take_early(match: Match) -> Edits:
    """Take the `Python` of a parameter at the start of the function, while nothing borrows the object."""
    function, call = function_of(match.node), match.node.text()
    if function is None or token_parameter(function) != call:
        raise Undecided
    body, name = part(function, "body"), call.partition(".")[0]
    if binds(body, name) or binds(function, NAME):
        raise Undecided
    start = match.region.span(next(child for child in body.children() if child.is_named()))[0]
    calls = body.find_all({"rule": {"pattern": call}})
    declaration = f"let {NAME} = {call};\n{indentation(match.source, start)}"
    return [(start, start, declaration), *((*match.region.span(node), NAME) for node in calls)]


def binds(node: SgNode, name: str) -> bool:
    """Whether a name stands for something new in a node: in a pattern, or among a closure's parameters."""
    binding = [outer for kind in BINDING for outer in node.find_all(kind=kind)]
    return any(name in names_in(outer.field("pattern") or outer) for outer in binding)
