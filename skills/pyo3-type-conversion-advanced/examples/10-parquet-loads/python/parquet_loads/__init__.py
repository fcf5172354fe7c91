"""Load profiles from Parquet files of meter readings, in constant memory."""

from parquet_loads._core import LoadProfile, __version__, load_profile
from parquet_loads.errors import LoadError, LoadTypeError, LoadValueError, ParquetFileError

__all__ = [
    "LoadError",
    "LoadProfile",
    "LoadTypeError",
    "LoadValueError",
    "ParquetFileError",
    "__version__",
    "load_profile",
]
