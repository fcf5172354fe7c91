"""Filter photos: black and white, sepia, contrast, blur, sharpen and vignette."""

from typing import NamedTuple

from photo_filters import _core
from photo_filters._core import Photo
from photo_filters.errors import PhotoError

__all__ = ["FILTERS", "Amounts", "Photo", "PhotoError"]


class Amounts(NamedTuple):
    """How much of a filter there can be; 0 changes nothing."""

    least: float
    most: float
    usual: float


FILTERS = {name: Amounts(*amounts) for name, amounts in _core.FILTERS}
