"""Implementations of traits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.tree import part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.migration.matching import Match


def mark_unsafe(match: Match) -> Iterator[tuple[int, int, str]]:
    """Say that an implementation keeps what the compiler can't check."""
    start = match.span[0]
    yield start, start, "unsafe "


def keep_methods(match: Match) -> Iterator[tuple[int, int, str]]:
    """Make methods of a type's own of an implementation of a trait that is gone."""
    block = match.node
    keyword = next(child for child in block.children() if child.kind() == "impl")
    yield match.span[0], match.region.span(keyword)[0], ""
    yield match.region.span(part(block, "trait"))[0], match.region.span(part(block, "type"))[0], ""
    for method in part(block, "body").children():
        if method.kind() == "function_item":
            start = match.region.span(method)[0]
            yield start, start, "pub "
