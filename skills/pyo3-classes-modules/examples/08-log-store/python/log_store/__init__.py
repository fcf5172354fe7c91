"""Keys and values in a log file, with transactions that survive a crash."""

from log_store._core import Store, Transaction
from log_store.errors import CorruptStoreError, StoreClosedError, StoreError, StoreLockedError, TransactionError

__all__ = [
    "CorruptStoreError",
    "Store",
    "StoreClosedError",
    "StoreError",
    "StoreLockedError",
    "Transaction",
    "TransactionError",
]
