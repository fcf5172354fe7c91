"""The traits of the crate `pythonize`, whose lifetime is one of their builder since 0.26."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.returning import named
from scaffolder.migration.rewrites.tree import part
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.fallible import Change


def lend_builder(match: Match) -> Iterator[Change]:
    """Move the lifetime of an implementation to its builder and its functions.

    Raises:
        Undecided: It has other parameters, or what it is for has the lifetime too.
    """
    block = match.node
    trait, parameters, body = part(block, "trait"), part(block, "type_parameters"), part(block, "body")
    lifetime = named(parameters)[0].text()
    of_type = part(block, "type").find(kind="lifetime")
    arguments = part(trait, "type_arguments")
    if parameters.text() != f"<{lifetime}>" or arguments.text() != f"<{lifetime}>" or of_type is not None:
        raise Undecided("what it is for has parameters, too")
    span = match.region.span
    yield (*span(parameters), "")
    yield (*span(arguments), "")
    for item in named(body):
        if item.kind() in {"type_item", "function_item"}:
            yield from with_lifetime(match, item, lifetime)
    for builder in body.find_all(kind="scoped_type_identifier", regex="^Self::Builder$"):
        yield span(builder)[1], span(builder)[1], f"<{lifetime}>"


def with_lifetime(match: Match, item: SgNode, lifetime: str) -> Iterator[Change]:
    """Yield the lifetime among the parameters of a type or function."""
    parameters = item.field("type_parameters")
    if parameters is not None:
        start = match.region.span(parameters)[0] + 1
        yield start, start, f"{lifetime}, "
    else:
        end = match.region.span(part(item, "name"))[1]
        yield end, end, f"<{lifetime}>"
