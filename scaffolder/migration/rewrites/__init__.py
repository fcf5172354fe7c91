"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.paths import new_function, new_path, py_any
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]

__all__ = ["REWRITES", "Undecided"]

REWRITES: dict[str, Rewrite] = {
    "new_function": new_function,
    "new_path": new_path,
    "py_any": py_any,
}
