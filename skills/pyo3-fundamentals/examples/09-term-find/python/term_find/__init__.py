"""Find thousands of terms in a text at once."""

from term_find._core import Match, Matches, Terms

__all__ = ["Match", "Matches", "Terms"]
