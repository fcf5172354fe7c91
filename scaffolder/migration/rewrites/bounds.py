"""Bounds of generic code that ask for a conversion to Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.fallible import joined
from scaffolder.migration.rewrites.returning import named, span
from scaffolder.migration.rewrites.tree import around, part
from scaffolder.migration.rewrites.undecided import Unconcerned, Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match
    from scaffolder.migration.rewrites.fallible import Change

ITEMS = {"function_item", "impl_item", "trait_item", "struct_item", "enum_item", "function_signature_item"}
BORROWING = {"reference_type", "pointer_type"}
REPEATING = {"for_expression", "while_expression", "loop_expression", "closure_expression"}
LIFETIMES = ("'a", "'b", "'c", "'value")


def convert_bound(match: Match) -> list[Change]:
    """Make a bound on `T`, or on `&T`, of the bound `T: ToPyObject`, which converts what is borrowed.

    Raises:
        Undecided: A function would need it on `&T`, with which the compiler can't find out the type at its callers.
    """
    bound = match.node
    bounds = around(bound)
    entry = around(bounds)
    item = next((node for node in entry.ancestors() if node.kind() in ITEMS), None)
    name = named(entry)[0].text()
    if item is None or item.kind() not in {"function_item", "impl_item"}:
        raise Undecided("others implement what the bound is of")
    if item.kind() == "function_item":
        quantifier = "" if names_python(item) else "for<'py> "
        edits = [(*span(bound), f"{quantifier}IntoPyObject<'py>"), *consume(item, name)]
    elif entry.kind() == "where_predicate" and len(named(bounds)) == 1:
        edits = [(*span(entry), predicate(item, name))]
    else:
        edits = [*without(bound), *added_predicate(item, name)]
    shift = match.region.shift
    return joined([(start + shift, end + shift, text) for start, end, text in edits])


def consume(function: SgNode, name: str) -> Iterator[Change]:
    """Yield the edits by which a function takes over the values of a type: its callers go on to lend what they lent.

    Raises:
        Undecided: It needs such a value more than once.
    """
    parameters, body = part(function, "parameters"), part(function, "body")
    places = [node for node in parameters.find_all({"rule": {"kind": "type_identifier"}}) if node.text() == name]
    values = set()
    for place in places:
        holder = around(place)
        if any(outer.kind() in BORROWING for outer in place.ancestors()):
            if holder.text() != f"&{name}" or around(holder).kind() != "parameter" or len(places) > 1:
                raise Undecided
            yield span(holder)[0], span(place)[0], ""
            holder = around(holder)
        if holder.kind() == "parameter":
            values.add(part(holder, "pattern").text())
    if not places or not all(is_used_once(value, function) for value in values):
        raise Undecided
    for method in body.find_all({"rule": {"kind": "field_identifier", "regex": "^to_object$"}}):
        if part(around(method), "value").text() not in values:
            raise Undecided
        yield *span(method), "into_py"


def is_used_once(value: str, function: SgNode) -> bool:
    """Whether a variable is used, without a borrow, at no more than one place that is come to at most once."""
    body = part(function, "body")
    leaves = body.find_all({"rule": {"kind": "identifier", "regex": f"^{value}$"}})
    start = span(body)[0]
    outer = [node.kind() for leaf in leaves for node in leaf.ancestors() if span(node)[0] > start]
    return len(leaves) < 2 and not REPEATING.intersection(outer) and "reference_expression" not in outer[:1]


def generics_around(item: SgNode) -> str:
    """Return the generic parameters of an item and of what it is in."""
    outer = [generics for node in (item, *item.ancestors()) if (generics := node.field("type_parameters")) is not None]
    return " ".join(generics.text() for generics in outer)


def names_python(item: SgNode) -> bool:
    """Whether `'py` is a lifetime that an item can name."""
    return "'py" in generics_around(item)


def predicate(item: SgNode, name: str) -> str:
    """Return the condition that references to a type can be converted."""
    taken = generics_around(item)
    lifetime = next(candidate for candidate in LIFETIMES if candidate not in taken)
    quantified = lifetime if names_python(item) else f"{lifetime}, 'py"
    return f"for<{quantified}> &{lifetime} {name}: IntoPyObject<'py>"


def without(bound: SgNode) -> Iterator[Change]:
    """Yield the edit that leaves one of some bounds out, or all of them if it is the only one."""
    bounds = around(bound)
    entries = named(bounds)
    place = entries.index(bound)
    if len(entries) == 1:
        yield *span(bounds), ""
    elif place:
        yield span(entries[place - 1])[1], span(bound)[1], ""
    else:
        yield span(bound)[0], span(entries[1])[0], ""


def added_predicate(item: SgNode, name: str) -> Iterator[Change]:
    """Yield the edit that adds the condition to an item."""
    clause = next((child for child in item.children() if child.kind() == "where_clause"), None)
    text = predicate(item, name)
    if clause is not None:
        last = named(clause)[-1]
        end = span(last)[1]
        gap = f"\n{' ' * last.range().start.column}" if "\n" in clause.text() else " "
        yield end, end, f",{gap}{text}"
        return
    body = part(item, "body")
    before = body.prev()
    if before is None:
        raise Unconcerned
    indentation = " " * item.range().start.column
    yield span(before)[1], span(body)[0], f"\n{indentation}where\n{indentation}    {text},\n{indentation}"
