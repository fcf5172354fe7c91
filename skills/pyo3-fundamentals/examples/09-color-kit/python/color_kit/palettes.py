"""Palettes made of colours."""

from color_kit._core import palettes as _compiled

Palette = _compiled.Palette
ramp = _compiled.ramp

__all__ = ["Palette", "ramp"]
