"""Edit distance: how far texts are apart, and which of many is the closest."""

from edit_distance._core import __version__, closest, distance, distances

__all__ = ["__version__", "closest", "distance", "distances"]
