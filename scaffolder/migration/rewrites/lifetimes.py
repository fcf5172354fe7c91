"""Lifetimes that `Bound` needs a name for, where a reference needed none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.gil_refs import lifetime_of, object_type
from scaffolder.migration.rewrites.tree import part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

NAMES = ("'py", "'a", "'b", "'object")


def name_lifetime(match: Match) -> Iterator[tuple[int, int, str]]:
    """Name the lifetime of an object that a function takes and returns: `&Bound<'_, _>` has two that could be meant."""
    function = match.node
    parameters, result = part(function, "parameters"), part(function, "return_type")
    if any(child.kind() == "self_parameter" for child in parameters.children()):
        raise Unconcerned
    sources, results = elided(parameters, match.source), elided(result, match.source)
    if len(sources) != 1 or not results:
        raise Unconcerned
    name = free_lifetime(function)
    yield generics_edit(match, name)
    for node in (*sources, *results):
        end = match.region.span(node)[0] + 1
        yield end, end, f"{name} "


def elided(node: SgNode, source: str) -> list[SgNode]:
    """Return the references to Python objects in a type or in parameters that have no lifetime."""
    references = [node, *node.find_all({"rule": {"kind": "reference_type"}})]
    found = {}
    for reference in references:
        if reference.kind() == "reference_type" and not lifetime_of(reference) and is_object(reference, source):
            found[reference.range().start.index] = reference
    return list(found.values())


def is_object(reference: SgNode, source: str) -> bool:
    """Whether a reference is to a Python object."""
    try:
        return bool(object_type(reference, source))
    except Undecided:
        return False


def free_lifetime(function: SgNode) -> str:
    """Return a name for a lifetime that neither a function nor the code around it has."""
    taken = {
        lifetime.text()
        for outer in (function, *function.ancestors())
        if (generics := outer.field("type_parameters")) is not None
        for lifetime in generics.find_all({"rule": {"kind": "lifetime"}})
    }
    return next(name for name in NAMES if name not in taken)


def generics_edit(match: Match, name: str) -> tuple[int, int, str]:
    """Declare a lifetime at a function, before what it has already."""
    generics = match.node.field("type_parameters")
    if generics is None:
        end = match.region.span(part(match.node, "name"))[1]
        return end, end, f"<{name}>"
    start = match.region.span(generics)[0] + 1
    return start, start, f"{name}, "
