"""
Root mean squares, rolling means and totals of sensor readings in NumPy arrays.
"""

from typing import Any, SupportsIndex

from numpy import float32, float64, integer
from numpy.typing import NDArray

__all__ = [
    "cumulative",
    "mix_into",
    "normalize",
    "rms",
    "rms_along",
    "rolling_mean",
]

def cumulative(values: NDArray[float32 | float64 | integer[Any]]) -> NDArray[Any]:
    """
    Compute the total after each reading.

    From a NaN on, all totals are NaN.

    Args:
        values: Readings with one dimension, `float32`, `float64` or integers.

    Returns:
        A new array of the same length. The totals of floats are of the same type, those of signed
        integers `int64`, of unsigned ones `uint64`.

    Raises:
        OverflowError: If a total of integers needs more than 64 bits, where NumPy would wrap round.
        TypeError: If the elements have another type.
        ValueError: If there is not one dimension.
    """

def mix_into(
    signal: NDArray[float32 | float64 | integer[Any]], target: NDArray[float32 | float64]
) -> None:
    """
    Add a signal to another one in place.

    Args:
        signal: The readings to add, of the type and shape of `target`.
        target: The readings to add to, `float32` or `float64`.

    Raises:
        TypeError: If the types differ, or `target` can't be written to: see `normalize`. The arrays
            must not share memory either.
        ValueError: If the shapes differ.
    """

def normalize(values: NDArray[float32 | float64]) -> None:
    """
    Scale readings in place, so that the largest magnitude becomes 1.

    NaN is left out and stays NaN. Nothing but NaN and zeros stays as it is.

    Args:
        values: Readings of any shape and layout, `float32` or `float64`.

    Raises:
        TypeError: If the elements have another type or byte order, or can't be written to: the
            array is read-only, unaligned, in use by another thread, or has elements that overlap.
        ValueError: If a reading is infinite; the array is unchanged then.
    """

def rms(values: NDArray[float32 | float64 | integer[Any]]) -> float:
    """
    Compute the root mean square of all readings.

    An array is read in place unless it is unaligned or has another byte order than this machine:
    then a copy is. NaN makes the result NaN.

    Args:
        values: Readings of any shape and layout, `float32`, `float64` or integers.

    Returns:
        The root mean square in the unit of the readings, calculated in 64 bits.

    Raises:
        TypeError: If the elements have another type.
        ValueError: If there are no readings.
    """

def rms_along(
    values: NDArray[float32 | float64 | integer[Any]], axis: SupportsIndex = ...
) -> NDArray[float64]:
    """
    Compute the root mean square of each line of readings along an axis.

    Args:
        values: Readings with at least one dimension, `float32`, `float64` or integers.
        axis: The axis that disappears; a negative one counts from the last.

    Returns:
        A new array without that axis. A line with NaN gives NaN.

    Raises:
        TypeError: If the elements have another type.
        ValueError: If there is no such axis, or nothing along it.
    """

def rolling_mean(
    values: NDArray[float32 | float64 | integer[Any]], window: SupportsIndex
) -> NDArray[float64]:
    """
    Compute the mean of each `window` consecutive readings.

    NaN and infinity only reach the means of the windows that they are in.

    Args:
        values: Readings with one dimension, `float32`, `float64` or integers.
        window: How many readings to take together.

    Returns:
        A new array that is `window - 1` shorter.

    Raises:
        TypeError: If the elements have another type.
        ValueError: If there is not one dimension, or the window is less than 1 or longer than the
            readings.
    """
