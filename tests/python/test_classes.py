"""The reader of Python classes, annotations and samples: what it says of a file that it never runs."""

from __future__ import annotations

import pytest

from scaffolder.errors import UsageError
from scaffolder.python.annotations import parse_annotation
from scaffolder.python.classes import PythonClass, read_module
from scaffolder.python.sample import read_sample

SOURCE = """
import enum
import attrs as a
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, NewType, NotRequired, TypedDict, TypeVar

T = TypeVar("T", int, str)
UserId = NewType("UserId", int)
Price = float

@dataclass
class Base:
    '''The base.

    More of it.
    '''
    kind: ClassVar[str] = "base"
    id: UserId
    __hidden: int = field(init=False)

if True:
    class Child(Base, Unknown):
        def method(self): ...

@a.define
class Attrs:
    price: "Price | None" = None

class Row(TypedDict, total=False):
    name: NotRequired[str]

class Side(str, enum.Enum):
    BUY = "buy"
    PURCHASE = BUY
    SELL = "sell"

class Plain:
    class Inner: ...
"""


def definition(name: str) -> PythonClass:
    """Return the class of a name."""
    return read_module(SOURCE, "source").classes[name]


def test_fields_are_inherited_with_what_their_annotations_say() -> None:
    kind, identifier, hidden = definition("Child").fields
    assert (kind.belongs_to_class, identifier.belongs_to_class) == (True, False)
    assert (identifier.name, identifier.annotation.name) == ("id", "UserId")
    assert (hidden.name, hidden.computed) == ("_Base__hidden", True)
    assert definition("Base").document == "The base."
    assert definition("Child").unknown_bases == ("Unknown",)


def test_classes_have_their_kinds() -> None:
    kinds = {name: read_class.kind for name, read_class in read_module(SOURCE, "source").classes.items()}
    assert kinds == {
        "Base": "dataclass", "Child": "dataclass", "Attrs": "attrs", "Row": "TypedDict", "Side": "Enum",
        "Plain": "class",
    }  # fmt: skip
    assert not definition("Row").fields[0].required


def test_names_stand_for_types() -> None:
    module = read_module(SOURCE, "source")
    assert {name: alias.name for name, alias in module.aliases.items()} == {"UserId": "int", "Price": "float"}
    assert [annotation.name for annotation in module.variables["T"]] == ["int", "str"]
    assert module.inner == {"Inner": "Plain"}


def test_members_have_their_values() -> None:
    assert definition("Side").members == {"BUY": "buy", "SELL": "sell"}
    assert definition("Side").duplicates == {"PURCHASE": "BUY"}


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("int | 'str | None'", "Union", ["int", "str", "None"]),
        ("Optional[Union[int, str]]", "Union", ["int", "str", "None"]),
        ("Annotated[list[int], 'x']", "list", ["int"]),
        ("Literal[Side.BUY, Side.SELL]", "Literal", ["Side"]),
        ("a.b.Thing[int]", "Thing", ["int"]),
    ],
)
def test_annotations_are_read(text: str, name: str, arguments: list[str]) -> None:
    annotation = parse_annotation(text)
    assert annotation.name == name
    assert [argument.name for argument in annotation.arguments] == arguments


@pytest.mark.parametrize("text", ["list[" * 300 + "int" + "]" * 300, "(" * 100_000, "x\0", "lambda: 1"])
def test_what_is_not_an_annotation_is_one_error(text: str) -> None:
    with pytest.raises(UsageError, match="is not a valid type annotation"):
        parse_annotation(text)


def test_a_sample_is_classes() -> None:
    module, whole = read_sample('[{"id": 1, "tags": ["a"]}, {"id": null}]', "Order", "sample")
    assert whole.text == "list[OrderItem]"
    identifier, tags = module.classes["OrderItem"].fields
    assert (identifier.annotation.text, identifier.required) == ("int | None", True)
    assert (tags.annotation.text, tags.required) == ("list[str]", False)
