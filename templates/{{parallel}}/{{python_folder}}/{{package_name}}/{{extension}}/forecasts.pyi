"""
Forecasts of many series at once.
"""

from typing import Any, SupportsFloat, SupportsIndex

from _typeshed import SupportsGetItem

__all__ = [
    "forecast_all",
]

def forecast_all(
    series: SupportsGetItem[int, SupportsGetItem[int, SupportsFloat | SupportsIndex]],
    threads: SupportsIndex | None = None,
    progress: Any | None = None,
) -> tuple[list[float | None], dict[int, str]]:
    """
    Forecast the next value of each series.

    Args:
        series: At least 3 numbers each, the oldest first.
        threads: How many share the work, at most; never more than there are processors.
        progress: Called now and then with the number of series that are done.

    Returns:
        The forecasts, and why some are missing, by the place of the series.
    """
