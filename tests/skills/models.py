"""Classes for the tool `type_converter`: as text it converts them, as objects they make the round trip."""

import enum
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from typing_extensions import NotRequired, TypedDict


class Side(enum.Enum):
    """Which way."""

    BUY = "buy"
    SELL = "sell"


class Point(NamedTuple):
    x: float
    y: float


@dataclass(frozen=True)
class Trade:
    """A deal at a venue."""

    symbol: str
    side: Side
    quantity: int
    price: float
    venue: Literal["XETR", "XLON"]
    type: str
    tags: list[str]
    where: Point
    note: str | None = None
    userId: int = 0  # noqa: N815


class Row(TypedDict):
    name: str
    value: int | str
    trades: list["Trade"]
    self: NotRequired[int]
    extra: Any
