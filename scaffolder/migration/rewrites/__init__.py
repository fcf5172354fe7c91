"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.conversions import (
    bound_of,
    convert_value,
    depythonize,
    drop_import,
    drop_unused_import,
    implement,
    typed_object,
    unquote,
    utc,
)
from scaffolder.migration.rewrites.fallible import let_fail, let_receiver_fail
from scaffolder.migration.rewrites.suffixes import drop_bound, drop_bound_and_fail, drop_bound_and_take_c_strings
from scaffolder.migration.rewrites.undecided import Undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]

__all__ = ["REWRITES", "Undecided"]

REWRITES: dict[str, Rewrite] = {
    "bound_of": bound_of,
    "convert_value": convert_value,
    "depythonize": depythonize,
    "drop_bound": drop_bound,
    "drop_bound_and_fail": drop_bound_and_fail,
    "drop_bound_and_take_c_strings": drop_bound_and_take_c_strings,
    "drop_import": drop_import,
    "drop_unused_import": drop_unused_import,
    "fail": let_fail,
    "fail_receiver": let_receiver_fail,
    "implement": implement,
    "typed_object": typed_object,
    "unquote": unquote,
    "utc": utc,
}
