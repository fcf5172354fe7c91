"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.bindings import add_bound, any_bound, clone_into, index_item, own_bound, take_over
from scaffolder.migration.rewrites.enums import compare_enum
from scaffolder.migration.rewrites.gil_refs import bound_impl, bound_type, downcast_error
from scaffolder.migration.rewrites.lifetimes import name_lifetime
from scaffolder.migration.rewrites.signatures import add_signature, order_signature
from scaffolder.migration.rewrites.undecided import Undecided
from scaffolder.migration.rewrites.uses import drop_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]

__all__ = ["REWRITES", "Undecided"]

REWRITES: dict[str, Rewrite] = {
    "add_bound": add_bound,
    "add_signature": add_signature,
    "any_bound": any_bound,
    "bound_impl": bound_impl,
    "bound_type": bound_type,
    "clone_into": clone_into,
    "compare_enum": compare_enum,
    "downcast_error": downcast_error,
    "drop_import": drop_import,
    "index_item": index_item,
    "take_over": take_over,
    "order_signature": order_signature,
    "own_bound": own_bound,
    "name_lifetime": name_lifetime,
}
