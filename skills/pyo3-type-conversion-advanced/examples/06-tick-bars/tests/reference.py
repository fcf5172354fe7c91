"""Bars as they are made without Rust."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def numpy_bars(ticks: NDArray[Any], interval: np.timedelta64, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Make bars with NumPy: the first tick of each, and what lies between that and the next bar's."""
    times = ticks["time"].astype("M8[ns]").astype("i8")
    length = int(interval.astype("m8[ns]").astype("i8"))
    number = times // length
    starts = np.flatnonzero(np.diff(number, prepend=number[:1] - 1))
    bars = np.zeros(len(starts), dtype)
    if not len(starts):
        return bars
    price, size = ticks["price"].astype("f8"), ticks["size"].astype("u8")
    ends = np.append(starts[1:], len(ticks))
    bars["time"] = (number[starts] * length).astype("M8[ns]")
    bars["open"], bars["close"] = price[starts], price[ends - 1]
    bars["high"], bars["low"] = np.maximum.reduceat(price, starts), np.minimum.reduceat(price, starts)
    bars["volume"], bars["turnover"] = np.add.reduceat(size, starts), np.add.reduceat(price * size, starts)
    bars["ticks"] = ends - starts
    return bars
