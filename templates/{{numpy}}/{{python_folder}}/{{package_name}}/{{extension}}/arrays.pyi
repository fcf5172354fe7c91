"""
Functions on NumPy arrays.
"""

from typing import SupportsIndex

from _typeshed import Incomplete

__all__ = [
    "moving_mean",
    "standardize",
]

def moving_mean(values: Incomplete, window: SupportsIndex) -> Incomplete:
    """
    Average each `window` neighbouring values.
    """

def standardize(values: Incomplete) -> None:
    """
    Standardize each column in place.
    """
