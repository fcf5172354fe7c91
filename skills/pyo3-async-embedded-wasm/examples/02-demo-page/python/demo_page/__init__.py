"""The closest of many words."""

from demo_page._core import closest, edit_distance
from demo_page.errors import NoCandidatesError, WordError

__all__ = ["NoCandidatesError", "WordError", "closest", "edit_distance"]
