"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]


class Undecided(Exception):  # noqa: N818
    """A rewrite can't tell what the code should become."""


REWRITES: dict[str, Rewrite] = {}
