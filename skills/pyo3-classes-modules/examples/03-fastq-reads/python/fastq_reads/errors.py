"""What can be wrong in a file."""


class FastqError(ValueError):
    """A file that is not FASTQ.

    Attributes:
        record: Which record, counted from 1.
        line: The line of the file, counted from 1.
    """

    def __init__(self, message: str, record: int, line: int) -> None:
        """Keep all arguments in `args`, so that the error can be pickled."""
        super().__init__(message, record, line)
        self.record = record
        self.line = line

    def __str__(self) -> str:
        """Say where it is, and what."""
        return f"record {self.record}, line {self.line}: {self.args[0]}"
