"""Sum up sales by region, from dictionaries or objects."""

from ._core import RowError, attainment, median_price, regions, summarize, units_by_product
from .rows import Line, Record, Row

__all__ = [
    "Line",
    "Record",
    "Row",
    "RowError",
    "attainment",
    "median_price",
    "regions",
    "summarize",
    "units_by_product",
]
