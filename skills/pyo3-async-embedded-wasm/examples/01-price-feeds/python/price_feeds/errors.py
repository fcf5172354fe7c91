"""The exceptions of the package; those that Rust raises, too."""


class FeedError(Exception):
    """The base of all exceptions that are the package's own."""


class HaltedError(FeedError, RuntimeError):
    """A market no longer has a price."""


class PriceError(FeedError, ValueError):
    """A price is not above 0, or there is none."""


class ClosedError(FeedError, RuntimeError):
    """Work can't be done: Python shuts down, or the process was forked."""
