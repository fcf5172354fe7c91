"""Edits that a text with variables can't say: rules name functions of modules here, such as `enums.compare_enum`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scaffolder.migration.matching import Match

    # Where an edit begins and ends in the file, in characters, and the new text.
    Rewrite = Callable[[Match], Iterable[tuple[int, int, str]]]


def load_rewrite(name: str) -> Rewrite:
    """Return the function that a rule names.

    Args:
        name: A module and a function, such as `enums.compare_enum`.
    """
    module, _, function = name.partition(".")
    return cast("Rewrite", getattr(import_module(f"{__name__}.{module}"), function))
