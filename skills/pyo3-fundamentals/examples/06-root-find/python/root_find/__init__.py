"""Find roots of functions."""

from root_find._core import Root, difference, find_root
from root_find.observer import Observer

__all__ = ["Observer", "Root", "difference", "find_root"]
