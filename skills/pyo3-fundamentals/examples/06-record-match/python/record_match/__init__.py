"""Find records that mean the same."""

from record_match._core import find_pairs

__all__ = ["find_pairs"]
