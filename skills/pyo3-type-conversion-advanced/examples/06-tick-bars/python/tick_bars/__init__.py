"""OHLC bars from ticks in structured NumPy arrays."""

from tick_bars._core import bar_dtype, make_bars
from tick_bars.files import map_ticks

__all__ = ["bar_dtype", "make_bars", "map_ticks"]
