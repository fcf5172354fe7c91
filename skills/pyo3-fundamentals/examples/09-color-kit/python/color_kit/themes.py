"""Themes: what is easier to write, and fast enough, in Python."""

from dataclasses import dataclass

from color_kit._core import Color, Rating, rate

WHITE = Color(255, 255, 255)


@dataclass(frozen=True)
class Theme:
    """The colours of a page.

    Attributes:
        text: What is written in.
        background: What is written on.
    """

    text: Color
    background: Color = WHITE

    def is_readable(self) -> bool:
        """Return whether the contrast is enough for text of any size."""
        return rate(self.text, self.background) in {Rating.AA, Rating.AAA}
