"""Implementations of traits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.migration.matching import Match


def mark_unsafe(match: Match) -> Iterator[tuple[int, int, str]]:
    """Say that an implementation keeps what the compiler can't check."""
    start = match.span[0]
    yield start, start, "unsafe "
