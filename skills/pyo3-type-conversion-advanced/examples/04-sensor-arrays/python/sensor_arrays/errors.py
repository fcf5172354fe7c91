"""The exceptions of the package; those that Rust raises, too."""


class ReadingError(Exception):
    """The base of all exceptions that are the package's own."""


class ReadingTypeError(ReadingError, TypeError):
    """An array has elements of another type, or can't be written to."""


class ReadingValueError(ReadingError, ValueError):
    """An array has the wrong shape, or readings that the result can't be computed from."""
