"""Build tasks: what needs what, and in which order it runs."""

from build_graph._core import Graph, Task
from build_graph.errors import CycleError, DuplicateTaskError, GraphError, UnknownTaskError

__all__ = ["CycleError", "DuplicateTaskError", "Graph", "GraphError", "Task", "UnknownTaskError"]
