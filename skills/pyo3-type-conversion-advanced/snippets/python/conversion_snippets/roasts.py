"""The enum that `values` reads and returns."""

from __future__ import annotations

import enum


class Roast(enum.Enum):
    """How dark coffee is roasted."""

    LIGHT = "light"
    MEDIUM = "medium"
    DARK = "dark"
    BURNT = "burnt"
