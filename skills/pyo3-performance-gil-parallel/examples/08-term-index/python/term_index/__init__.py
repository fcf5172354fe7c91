"""Search texts by their terms."""

from term_index._core import ALLOCATOR, STORAGE, Index, stop_words

__all__ = ["ALLOCATOR", "STORAGE", "Index", "stop_words"]
