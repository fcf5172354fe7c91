# Written by `python stubs.py` from the Rust code.
# ruff: noqa: D200, D212, I001, PYI021, PYI029, RUF022, RUF100
# fmt: off
"""
Palettes made of colours.
"""

from . import Color
from _typeshed import SupportsGetItem
from typing import SupportsIndex, final

__all__ = ["Palette", "ramp"]

@final
class Palette:
    """
    A named row of colours.

    Args:
        name: What the palette is called.
        colors: Its colours.

    Attributes:
        name: What the palette is called.
        colors: Its colours.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[str, list[Color]]: ...
    def __len__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, name: str, colors: SupportsGetItem[int, Color]) -> Palette: ...
    def __repr__(self, /) -> str: ...
    @property
    def colors(self, /) -> list[Color]: ...
    @property
    def name(self, /) -> str: ...

def ramp(first: Color, last: Color, count: SupportsIndex, *, name: str = "ramp") -> Palette:
    """
    Make a palette that goes from one colour to another.

    Args:
        first: The first colour.
        last: The last one.
        count: How many colours, both ends included; from 2 to 1024.
        name: What to call the palette.

    Raises:
        ValueError: If there are to be too few or too many.

    Example:
        >>> from color_kit import Color, palettes
        >>> [color.hex for color in palettes.ramp(Color(0, 0, 0), Color(255, 0, 0), 3).colors]
        ['#000000', '#800000', '#ff0000']
    """
