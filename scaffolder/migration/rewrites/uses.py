"""Names that are imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.migration.matching import Match


def drop_import(match: Match) -> Iterator[tuple[int, int, str]]:
    """Leave a name out of a `use`, and the whole `use` if it has no other."""
    node = match.node
    if node.parent().kind() == "scoped_identifier":
        node = node.parent()
    parent = node.parent()
    start, end = match.region.span(node)
    source = match.source
    if parent.kind() == "use_declaration":
        start, end = match.region.span(parent)
        yield start, end + (source[end : end + 1] == "\n"), ""
        return
    if parent.kind() != "use_list":
        raise Undecided
    following = source[end:]
    rest = following.lstrip()
    if rest.startswith(","):
        end = len(source) - len(rest) + 1
        yield start, end + (len(source[end:]) - len(source[end:].lstrip())), ""
        return
    before = source[:start].rstrip().removesuffix(",")
    yield len(before), end, ""
