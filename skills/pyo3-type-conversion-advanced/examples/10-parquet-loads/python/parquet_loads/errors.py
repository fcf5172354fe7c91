"""The exceptions of the package; those that Rust raises, too."""


class LoadError(Exception):
    """The base of all exceptions that are the package's own."""


class LoadTypeError(LoadError, TypeError):
    """A column has another type."""


class LoadValueError(LoadError, ValueError):
    """A column that isn't there, an argument out of range, or more than is allowed to be in memory."""


class ParquetFileError(LoadError, ValueError):
    """The file is no Parquet, is damaged, or has a compression that this build can't read."""
