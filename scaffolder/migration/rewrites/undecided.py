"""What a rewrite raises if it can't tell."""

from __future__ import annotations


class Undecided(Exception):  # noqa: N818
    """A rewrite can't tell what the code should become."""


class Unconcerned(Undecided):
    """A rewrite is not about a match after all, so nobody has to decide anything."""
