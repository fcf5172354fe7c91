"""
Functions on Arrow tables.
"""

from typing import Any, final

__all__ = [
    "Table",
    "fill_forward",
]

@final
class Table:
    """
    A table for any library that reads Arrow data; it can be read more than once.
    """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> Any:
        """
        Export the table as a stream of Arrow batches, which share its memory.

        Args:
            requested_schema: Ignored, as the protocol allows: the consumer converts.
        """

def fill_forward(table: Any, column: str) -> Table:
    """
    Fill each missing number in a column with the last one before it.
    """
