"""Group trips by a key, over Arrow streams of any size and from any library."""

from trip_groups._core import TripGroups
from trip_groups.errors import TripError, TripStreamError, TripTypeError, TripValueError

__all__ = ["TripError", "TripGroups", "TripStreamError", "TripTypeError", "TripValueError"]
