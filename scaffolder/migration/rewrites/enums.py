"""Enums that are Python classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.paths import indentation
from scaffolder.migration.rewrites.signatures import Attribute, attributes_of, methods_block
from scaffolder.migration.rewrites.tree import part
from scaffolder.migration.rewrites.undecided import Unconcerned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from scaffolder.migration.matching import Match

COMPARING = {"__richcmp__", "__eq__"}


def compare_enum(match: Match) -> Iterator[tuple[int, int, str]]:
    """Ask for the comparisons that a simple enum had by itself, and derive what they need."""
    enum = match.node
    attributes = list(attributes_of(enum))
    exporting = next((attribute for attribute in attributes if attribute.name == "pyclass"), None)
    if exporting is None or not is_simple(enum) or compares(match, part(enum, "name").text()):
        raise Unconcerned
    options = [part.strip() for attribute in attributes for part in attribute.arguments.split(",")]
    if "eq" in options or "eq_int" in options:
        raise Unconcerned
    yield add_arguments(match, exporting, "eq, eq_int")
    if not is_equatable(match, attributes):
        yield derive_equality(match, attributes)


def is_simple(enum: SgNode) -> bool:
    """Whether none of an enum's variants holds a value."""
    variants = [child for child in part(enum, "body").children() if child.kind() == "enum_variant"]
    return bool(variants) and not any(variant.field("body") for variant in variants)


def compares(match: Match, name: str) -> bool:
    """Whether an enum's methods compare it in their own way."""
    for function in match.region.root.find_all({"rule": {"kind": "function_item"}}):
        block = methods_block(function)
        if block is not None and part(block, "type").text() == name and part(function, "name").text() in COMPARING:
            return True
    return False


def add_arguments(match: Match, attribute: Attribute, text: str) -> tuple[int, int, str]:
    """Add arguments to an attribute, with brackets if it has none."""
    end = match.region.span(attribute.last)[1]
    if attribute.last.kind() != "token_tree":
        return end, end, f"({text})"
    before = attribute.arguments.rstrip()
    place = end - 1 - (len(attribute.arguments) - len(before))
    return place, place, (" " if before.endswith(",") else ", " if before else "") + text


def is_equatable(match: Match, attributes: list[Attribute]) -> bool:
    """Whether an enum has `PartialEq`, derived or by hand."""
    name = part(match.node, "name").text()
    if any(attribute.name == "derive" and "PartialEq" in words_of(attribute) for attribute in attributes):
        return True
    blocks = match.region.root.find_all(
        {"rule": {"kind": "impl_item", "has": {"field": "trait", "regex": "PartialEq$"}}}
    )
    return any(part(block, "type").text() == name for block in blocks)


def words_of(attribute: Attribute) -> list[str]:
    """Return the last parts of an attribute's arguments: `PartialEq` of `std::cmp::PartialEq`."""
    return [part.strip().rpartition("::")[2] for part in attribute.arguments.split(",")]


def derive_equality(match: Match, attributes: list[Attribute]) -> tuple[int, int, str]:
    """Derive `PartialEq` with what is derived already."""
    for attribute in attributes:
        if attribute.name == "derive" and not attribute.condition:
            return add_arguments(match, attribute, "PartialEq")
    start = match.span[0]
    return start, start, f"#[derive(PartialEq)]\n{indentation(match.source, start)}"
