"""Edits that a text with variables can't say: each is a function of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.migration.rewrites.attributes import new_signature
from scaffolder.migration.rewrites.bindings import (
    add_bound,
    any_bound,
    clone_into,
    clone_reference,
    index_item,
    own_bound,
    question,
    string_text,
    take_over,
)
from scaffolder.migration.rewrites.enums import compare_enum
from scaffolder.migration.rewrites.gil_refs import bound_impl, bound_type, downcast_error
from scaffolder.migration.rewrites.iteration import plain_iteration
from scaffolder.migration.rewrites.lifetimes import name_lifetime
from scaffolder.migration.rewrites.signatures import add_signature, order_signature
from scaffolder.migration.rewrites.traits import mark_unsafe
from scaffolder.migration.rewrites.undecided import Undecided
from scaffolder.migration.rewrites.uses import drop_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]

__all__ = ["REWRITES", "Undecided"]

REWRITES: dict[str, Rewrite] = {
    function.__name__: function
    for function in (
        add_bound,
        add_signature,
        any_bound,
        bound_impl,
        bound_type,
        clone_into,
        clone_reference,
        compare_enum,
        downcast_error,
        drop_import,
        index_item,
        mark_unsafe,
        name_lifetime,
        new_signature,
        order_signature,
        own_bound,
        plain_iteration,
        question,
        string_text,
        take_over,
    )
}
