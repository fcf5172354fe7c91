# Written by `python stubs.py` from the Rust code.
# ruff: noqa: D200, D212, I001, PYI021, PYI029, RUF022, RUF100
# fmt: off
from . import palettes as palettes
from typing import Any, Final, SupportsFloat, SupportsIndex, final

__all__ = ["Color", "Rating", "rate", "palettes"]

@final
class Color:
    """
    A colour of a screen (sRGB).

    Args:
        red: How much red, from 0 to 255.
        green: How much green.
        blue: How much blue.

    Example:
        >>> from color_kit import Color
        >>> Color(255, 165, 0)
        Color(255, 165, 0)
        >>> Color.from_hex("#ffa500") == Color(255, 165, 0)
        True
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, int]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, red: SupportsIndex, green: SupportsIndex, blue: SupportsIndex) -> Color: ...
    def __repr__(self, /) -> str: ...
    @property
    def blue(self, /) -> int: ...
    @staticmethod
    def from_hex(text: str, /) -> Color:
        """
        Read a colour such as `#ffa500`.

        Args:
            text: Six hexadecimal digits, with or without `#`.

        Raises:
            ValueError: If the text is not that.
        """
    @property
    def green(self, /) -> int: ...
    @property
    def hex(self, /) -> str:
        """
        The colour as text, such as `#ffa500`.
        """
    def mix(self, /, other: Color, *, share: SupportsFloat | SupportsIndex = 0.5) -> Color:
        """
        Mix this colour with another.

        Args:
            other: The other colour.
            share: How much of the other one, from 0 to 1.

        Raises:
            ValueError: If the share is less than 0 or more than 1.

        Example:
            >>> from color_kit import Color
            >>> Color(0, 0, 0).mix(Color(255, 255, 255), share=0.2).hex
            '#333333'
        """
    @property
    def red(self, /) -> int: ...

@final
class Rating:
    """
    What a contrast is good for, by WCAG 2.

    Ratings can be compared with `==`, hashed and pickled, and are equal to their integers.
    """
    AA: Final[Rating]
    """
    Enough for text (4.5 to 1).
    """
    AAA: Final[Rating]
    """
    Enough for text that everyone should be able to read (7 to 1).
    """
    AA_LARGE: Final[Rating]
    """
    Enough for large text (3 to 1).
    """
    FAIL: Final[Rating]
    """
    Too low for any text.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __int__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, str]]: ...
    def __repr__(self, /) -> str: ...

def rate(text: Color, background: Color) -> Rating:
    """
    Rate the contrast of two colours.

    Args:
        text: The one colour.
        background: The other.

    Returns:
        What the contrast is good for.

    Example:
        >>> from color_kit import Color, Rating, rate
        >>> rate(Color(0, 0, 0), Color(255, 255, 255)) == Rating.AAA
        True
    """
