"""
Lengths of time as people write them.
"""

from datetime import timedelta

__all__ = [
    "parse",
]

def parse(text: str) -> timedelta:
    """
    Read a duration such as `1h 30m` or `90s`.

    Args:
        text: Whole numbers, each with one of the units d, h, m and s.

    Raises:
        DurationError: If the text is something else.
        OverflowError: If the duration is longer than a `timedelta` can be.
    """
