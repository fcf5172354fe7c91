import datetime as dt
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["bar_dtype", "make_bars"]

def bar_dtype() -> np.dtype[np.void]: ...
def make_bars(
    ticks: NDArray[Any],
    interval: np.timedelta64 | dt.timedelta,
    *,
    origin: np.datetime64 | dt.datetime | str | None = None,
    time: str = "time",
    price: str = "price",
    size: str = "size",
) -> NDArray[np.void]: ...
