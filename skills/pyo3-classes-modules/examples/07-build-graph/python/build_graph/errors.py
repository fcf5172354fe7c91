"""The exceptions of the package; those that Rust raises, too."""

from __future__ import annotations


class GraphError(Exception):
    """The base of all exceptions that are the package's own."""


class CycleError(GraphError, ValueError):
    """Tasks need each other.

    Attributes:
        path: The names of the tasks, each of which needs the next one; the last is the first again.
    """

    def __init__(self, path: list[str]) -> None:
        """Say which tasks."""
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        """Return a sentence, where pickle and copy want only the path."""
        return f"these tasks need each other: {' -> '.join(self.path)}"


class DuplicateTaskError(GraphError, ValueError):
    """There is a task of this name already."""


class UnknownTaskError(GraphError, KeyError):
    """There is no task of this name; the argument is the name."""
