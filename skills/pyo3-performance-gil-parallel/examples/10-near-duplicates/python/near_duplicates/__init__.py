"""Find near-duplicate documents of a corpus, on all cores."""

from near_duplicates._core import __version__, find_groups, similarity

__all__ = ["__version__", "find_groups", "similarity"]
