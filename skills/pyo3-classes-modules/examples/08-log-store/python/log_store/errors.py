"""The exceptions of the package; those that Rust raises, too."""


class StoreError(Exception):
    """The base of all exceptions that are the package's own."""


class StoreClosedError(StoreError, ValueError):
    """The store was closed, or a write failed so that it can't go on; Python's files raise a `ValueError`, too."""


class StoreLockedError(StoreError, BlockingIOError):
    """Another store has the file open, here or in another process."""


class CorruptStoreError(StoreError, ValueError):
    """The file is damaged, or is no store."""


class TransactionError(StoreError, RuntimeError):
    """A transaction is used where it can't be: within another one, outside its block, twice, or after a fork."""
