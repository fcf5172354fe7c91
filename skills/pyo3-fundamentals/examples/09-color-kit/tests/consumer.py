"""What a user of the package may write; `test_types.py` gives it to mypy and runs it."""

from color_kit import Color, Rating, Theme, palettes, rate
from color_kit.palettes import Palette


def readable(palette: Palette, background: Color) -> list[Color]:
    """Choose the colours of a palette that can be read on a background."""
    return [color for color in palette.colors if rate(color, background) in {Rating.AA, Rating.AAA}]


# region: consumer
grays = palettes.ramp(Color(0, 0, 0), Color(255, 255, 255), 5, name="grays")
choice: list[str] = [color.hex for color in readable(grays, Color.from_hex("#fff8e7"))]
theme = Theme(text=grays.colors[0].mix(Color(0, 0, 255), share=0.25))
print(theme.is_readable(), *choice)
# endregion: consumer


def mistakes() -> None:
    """Hold the comments to what mypy finds: it reports those that suppress nothing."""
    Color("#ffffff")  # type: ignore[call-arg, arg-type]
    Color(1, 2, 3).red = 4  # type: ignore[misc]
    rate(Color(1, 2, 3), "white")  # type: ignore[arg-type]
    palettes.ramp(Color(1, 2, 3), Color(4, 5, 6), 3, "name")  # type: ignore[call-arg]
