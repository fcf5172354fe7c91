"""Readings of thermometers."""

from ._core.readings import Reading
from .errors import Error

__all__ = ["Reading", "ReadingError"]


class ReadingError(Error, ValueError):
    """A line that is not a reading."""
