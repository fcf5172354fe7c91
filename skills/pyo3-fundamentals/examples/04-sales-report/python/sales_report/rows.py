"""What goes in and comes out, for type checkers."""

from typing import Protocol, TypedDict


# region: typed-dict
class Required(TypedDict):
    """What each row has."""

    region: str
    product: str
    units: int
    price: int


class Row(Required, total=False):
    """A row as a dictionary."""

    discount: int


class Line(TypedDict):
    """What was sold in a region, in cents."""

    region: str
    units: int
    revenue: int
    best: tuple[str, int] | None
    target: int | None


# endregion: typed-dict


# region: protocol
class Record(Protocol):
    """A row as an object; it may have a `discount`, too."""

    @property
    def region(self) -> str:
        """Where it was sold."""

    @property
    def product(self) -> str:
        """What was sold."""

    @property
    def units(self) -> int:
        """How many were sold."""

    @property
    def price(self) -> int:
        """Cents for each."""


# endregion: protocol
