"""
Lines of text over the network.
"""

from typing import Any, final

__all__ = [
    "Lines",
    "ask",
    "running",
]

@final
class Lines:
    """
    The lines that a server sends. `Feed` makes an async iterator of it.

    They are read in Rust as soon as the object is made; while `buffer` lines wait, nothing is read.
    """
    def __new__(cls, /, host: str, port: int, buffer: int) -> Lines: ...
    def close(self, /) -> None:
        """
        End the connection. Lines that are there can still be taken.
        """
    def take(self, /) -> str | None:
        """
        Take a line that is there, or None: then `wait` has to be awaited. Ends in StopAsyncIteration.
        """
    def wait(self, /) -> Any:
        """
        Wait until there is something to take: a line, an error or the end.
        """

def ask(host: str, port: int, line: str, timeout: float) -> Any:
    """
    Send a server one line, and wait for its answer.
    """

def running() -> int:
    """
    Count the futures and connections that are at work.
    """
