"""The exceptions of the package; those that Rust raises, too."""


class StoreError(Exception):
    """The base of all exceptions that are the package's own."""


class StoreFileError(StoreError, ValueError):
    """The file is no store, or is damaged."""


class StoreTypeError(StoreError, TypeError):
    """What was passed has another type or shape than a column."""


class StoreValueError(StoreError, ValueError):
    """Columns of different lengths, or a name that no column can have."""
