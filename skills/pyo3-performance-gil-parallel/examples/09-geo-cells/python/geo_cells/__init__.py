"""Cells of the earth (geohash), importable in sub-interpreters with a GIL of their own."""

from geo_cells._core import CellError, count_cells, decode, encode, neighbors
from geo_cells.workers import count_parts

__all__ = ["CellError", "count_cells", "count_parts", "decode", "encode", "neighbors"]
