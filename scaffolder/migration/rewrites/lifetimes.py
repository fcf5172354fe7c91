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


def name_source(match: Match) -> Iterator[tuple[int, int, str]]:
    """Give the only object among a function's parameters the lifetime that the result names."""
    function = match.node
    parameters, result = part(function, "parameters"), part(function, "return_type")
    names = {lifetime.text() for lifetime in lifetimes_in(result)} - {"'_", "'static"}
    sources = [node for node in part_types(parameters) if node.text().startswith("&") and unnamed(node, names)]
    if len(sources) != 1 or len(names) != 1:
        raise Undecided("the result borrows from one of the parameters, whose lifetime needs its name")
    reference, name = sources[0], names.pop()
    inner = bound_lifetime(reference)
    borrows = any(lifetime_of(node) == name for node in references_in(result))
    if inner is not None and inner.text() != name and (lifetime_of(reference) or not borrows):
        yield *match.region.span(inner), name
    else:
        end = match.region.span(reference)[0] + 1
        yield end, end, f"{name} "


def unnamed(reference: SgNode, names: set[str]) -> bool:
    """Whether a `&Bound<'_, T>` lacks one of its lifetimes, or a `&Bound<'a, T>` has the name of another thing's."""
    inner = bound_lifetime(reference)
    if inner is None:
        return False
    return inner.text() == "'_" or (inner.text() in names and not lifetime_of(reference))


def part_types(parameters: SgNode) -> list[SgNode]:
    """Return the types of a function's parameters."""
    return [part(child, "type") for child in parameters.children() if child.kind() == "parameter"]


def bound_lifetime(reference: SgNode) -> SgNode | None:
    """Return the lifetime of the `Bound` that a reference is to."""
    inner = reference.children()[-1]
    if inner.kind() != "generic_type" or part(inner, "type").text().rpartition("::")[2] != "Bound":
        return None
    return next(iter(lifetimes_in(inner)), None)


def lifetimes_in(node: SgNode) -> list[SgNode]:
    """Return the lifetimes that a type names, in their order."""
    return node.find_all({"rule": {"kind": "lifetime"}})


def references_in(node: SgNode) -> list[SgNode]:
    """Return the references in a type, also the type itself."""
    nodes = [node, *node.find_all({"rule": {"kind": "reference_type"}})]
    return [reference for reference in nodes if reference.kind() == "reference_type"]


def elided(node: SgNode, source: str) -> list[SgNode]:
    """Return the references to Python objects in a type or in parameters that have no lifetime."""
    found = {}
    for reference in references_in(node):
        if not lifetime_of(reference) and is_object(reference, source):
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
