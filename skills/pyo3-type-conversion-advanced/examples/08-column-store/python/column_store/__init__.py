"""Columns of numbers in a mapped file, shared with NumPy without a copy."""

from column_store._core import Column, Store, write_store
from column_store.errors import StoreError, StoreFileError, StoreTypeError, StoreValueError

__all__ = [
    "Column",
    "Store",
    "StoreError",
    "StoreFileError",
    "StoreTypeError",
    "StoreValueError",
    "write_store",
]
