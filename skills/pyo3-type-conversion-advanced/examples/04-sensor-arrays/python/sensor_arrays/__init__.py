"""Root mean squares, rolling means and totals of sensor readings in NumPy arrays."""

from sensor_arrays._core import cumulative, mix_into, normalize, rms, rms_along, rolling_mean
from sensor_arrays.errors import ReadingError, ReadingTypeError, ReadingValueError

__all__ = [
    "ReadingError",
    "ReadingTypeError",
    "ReadingValueError",
    "cumulative",
    "mix_into",
    "normalize",
    "rms",
    "rms_along",
    "rolling_mean",
]
