"""What can be wrong with a log."""


# region: errors
class ParseError(ValueError):
    """A line that is not a sensor and a number; `line` says which."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message, line)
        self.line = line

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])


# endregion: errors
