"""The exceptions of the package; those that Rust raises, too."""


class WordError(Exception):
    """The base of all exceptions that are the package's own."""


class NoCandidatesError(WordError, ValueError):
    """There is nothing to choose from."""
