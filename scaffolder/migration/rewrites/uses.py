"""Names that are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.imports import add_imports
from scaffolder.migration.rewrites.tree import around
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.migration.matching import Match


def forget_import(match: Match) -> Iterator[tuple[int, int, str]]:
    """Leave a name out of a `use`, and the whole `use` if it has no other."""
    node = match.node
    if around(node).kind() == "scoped_identifier":
        node = around(node)
    parent, source = around(node), match.source
    if parent.kind() == "use_list" and len([child for child in parent.children() if child.is_named()]) == 1:
        parent = around(around(parent))
    if parent.kind() == "use_declaration":
        start, end = match.region.span(parent)
        yield start, end + (source[end : end + 1] == "\n"), ""
        return
    if parent.kind() != "use_list":
        raise Undecided
    start, end = match.region.span(node)
    rest = source[end:].lstrip()
    if rest.startswith(","):
        end = len(source) - len(rest) + 1
        yield start, end + (len(source[end:]) - len(source[end:].lstrip())), ""
        return
    before = source[:start].rstrip().removesuffix(",")
    yield len(before), end, ""


def import_methods(match: Match) -> Iterator[tuple[int, int, str]]:
    """Import the methods of `Bound`."""
    yield insert_import(match.source, "pyo3::prelude::*")


def import_array_methods(match: Match) -> Iterator[tuple[int, int, str]]:
    """Import the methods of NumPy's arrays."""
    yield insert_import(match.source, "numpy::prelude::*")


def insert_import(source: str, path: str) -> tuple[int, int, str]:
    """Return the edit that imports a path.

    Raises:
        Undecided: It is imported already.
    """
    text = add_imports(source, (path,))
    if len(text) <= len(source):
        raise Undecided
    start = next((place for place, (old, new) in enumerate(zip(source, text, strict=False)) if old != new), len(source))
    return start, start, text[start : start + len(text) - len(source)]
