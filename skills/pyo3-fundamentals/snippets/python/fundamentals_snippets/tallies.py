"""Tallies, under the name by which `pickle` finds them."""

from fundamentals_snippets._core import classes

Tally = classes.Tally

__all__ = ["Tally"]
