"""Files of ticks: records one after the other, and nothing else."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def map_ticks(path: str | os.PathLike[str], dtype: DTypeLike) -> NDArray[Any]:
    """Map a file of records to memory, of which the pages that are looked at are read.

    Args:
        path: The file.
        dtype: The type of its records.

    Raises:
        ValueError: If the file ends in the middle of a record.
    """
    size, record = Path(path).stat().st_size, np.dtype(dtype)
    if size % record.itemsize:
        message = f"`{os.fspath(path)}` has {size} bytes, which is no multiple of {record.itemsize}, a record's size"
        raise ValueError(message)
    # An empty file can't be mapped.
    return np.memmap(path, record, mode="r") if size else np.zeros(0, record)
