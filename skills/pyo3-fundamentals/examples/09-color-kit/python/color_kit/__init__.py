"""Colours of screens: values, contrast and palettes."""

import sys

from color_kit import _core, palettes
from color_kit._core import Color, Rating, rate
from color_kit.themes import Theme

# region: register
# A compiled submodule is an attribute, not a file: imports and pickle look for it here.
sys.modules[_core.palettes.__name__] = _core.palettes
# endregion: register

__all__ = ["Color", "Rating", "Theme", "palettes", "rate"]
