"""The name of a type, which was a `&str` that lived as long as the interpreter was attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.calls import method_before_panics, method_of
from scaffolder.migration.rewrites.tree import around, part
from scaffolder.migration.rewrites.undecided import Unconcerned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match


def match_qualname(match: Match) -> Iterator[tuple[int, int, str]]:
    """Compare the qualified name with texts in a `match` that compared what `name` returned."""
    value = part(match.node, "value")
    name = named_method(value)
    yield *match.region.span(name), "qualname"
    end = match.region.span(value)[1]
    yield end, end, ".as_str()"


def named_method(value: SgNode) -> SgNode:
    """Return the `name` of `object.get_type().name()?`."""
    method = method_before_panics(value)
    if method is None or method[1].text() != "name":
        raise Unconcerned
    return method[1]


def own_fallback(match: Match) -> Iterator[tuple[int, int, str]]:
    """Own the text that stands for the qualified name of a type where there is none."""
    call = around(around(match.node))
    names = part(call, "function").find_all({"rule": {"kind": "field_identifier", "regex": "^name$"}})
    if len(names) != 1 or (method := method_of(part(around(names[0]), "value"))) is None:
        raise Unconcerned
    if method[1].text() not in {"get_type", "get_type_bound"}:
        raise Unconcerned
    yield *match.region.span(names[0]), "qualname"
    end = match.span[1]
    yield end, end, ".to_string()"
