"""The exceptions of the package; those that Rust raises, too."""


class TripError(Exception):
    """The base of all exceptions that are the package's own."""


class TripTypeError(TripError, TypeError):
    """What was passed is no table, or a column of it has another type."""


class TripValueError(TripError, ValueError):
    """A column that isn't there, a value that can't be right, or more groups than are allowed."""


class TripStreamError(TripError, RuntimeError):
    """The producer of the stream failed."""
