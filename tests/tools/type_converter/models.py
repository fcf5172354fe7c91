"""Classes for the tool `type_converter`: as text it converts them, as objects they make the round trip."""

import enum
from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Generic, Literal, NamedTuple, NotRequired, Optional, TypeVar, Union

from typing_extensions import TypedDict


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


T = TypeVar("T")
Price = float
Amount = Union[Price, "str | None"]


class Level(enum.IntEnum):
    LOW = 10
    HIGH = enum.auto()
    TOP = HIGH
    OTHER, LAST = 3, 4


class Outcome(enum.Enum):
    """Names of what the traits of PyO3 have, too."""

    Error = "error"
    Output = "output"
    Target = "target"


@dataclass
class Error:
    code: int


class Settings(TypedDict, total=False):
    colour: str
    size: int | None
    extra: Any


class Named(Settings):
    title: str


@dataclass
class Base:
    kind: ClassVar[str] = "base"
    id: int
    seed: InitVar[int] = 0
    _: KW_ONLY
    when: date | datetime = date(2024, 1, 2)


@dataclass
class Child(Base):
    name: str = ""
    id: int = 1
    crate: Optional[Union[int, None]] = None  # noqa: PYI016, UP007, UP045
    __hidden: int = 5
    level: Level = Level.LOW
    amount: Amount = None
    outcome: "Outcome | Error | Literal[1]" = Outcome.Error
    mode: Literal["a", "\x07", None] = "a"  # noqa: PYI061


@dataclass
class Grandchild(Child):
    pass


@dataclass
class Box(Generic[T]):
    """Holds a value that another class comes after, with names that Rust has itself."""

    value: T
    option: "Option"
    call: Callable[[int], str]
    tree: "Tree"


@dataclass
class Option:
    box: "list[Box[int]]"
    string: Literal["x", 'say "\t"']
    vec: int | str


@dataclass
class lower_case:  # noqa: N801
    option: Option


@dataclass
class Tree:
    children: "list[Tree]" = field(default_factory=list)
    named: "dict[str, Tree | None]" = field(default_factory=dict)
    level: Literal[1, 2] = 1


class Access(enum.IntFlag):
    READ = 1
    WRITE = 2


class Size(enum.Enum):
    SMALL = 1
    LARGE = 18446744073709551616


@dataclass
class Node:
    access: Access
    sizes: dict[str, int]
    next: "Node | None" = None
    payload: "Unknown | None" = None  # type: ignore[name-defined]  # noqa: F821
    twins: "list[Dog | Cat]" = field(default_factory=list)


@dataclass
class Cat:
    name: str


@dataclass
class Dog:
    name: str
    breed: str
