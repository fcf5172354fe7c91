"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.classes import drop_option, initializer, new_from_pair, opt_in
from scaffolder.migration.rewrites.conversions import cast_name, convert_error, owned_bound, two_lifetimes
from scaffolder.migration.rewrites.modules import add_function
from scaffolder.migration.rewrites.paths import new_function, new_path, py_any
from scaffolder.migration.rewrites.pointers import through_bound
from scaffolder.migration.rewrites.text import decode_error
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]

__all__ = ["REWRITES", "Undecided"]

REWRITES: dict[str, Rewrite] = {
    "add_function": add_function,
    "cast_name": cast_name,
    "convert_error": convert_error,
    "decode_error": decode_error,
    "drop_option": drop_option,
    "initializer": initializer,
    "new_from_pair": new_from_pair,
    "new_function": new_function,
    "new_path": new_path,
    "opt_in": opt_in,
    "owned_bound": owned_bound,
    "py_any": py_any,
    "through_bound": through_bound,
    "two_lifetimes": two_lifetimes,
}
