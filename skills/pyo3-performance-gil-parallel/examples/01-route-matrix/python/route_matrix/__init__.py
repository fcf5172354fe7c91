"""Travel times between many points of a road graph, a row in each thread."""

from route_matrix._core import RoadGraph
from route_matrix.matrix import travel_matrix

__all__ = ["RoadGraph", "travel_matrix"]
