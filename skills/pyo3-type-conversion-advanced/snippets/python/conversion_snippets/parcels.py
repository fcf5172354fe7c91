"""Classes of Python that `deriving` reads and makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quote:
    """What a carrier asks for."""

    carrier: str
    cents: int
    days: int = 3


@dataclass(frozen=True)
class Ticket:
    """The right to hand in one parcel."""

    number: int
    paid: bool
