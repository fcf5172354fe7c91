"""The tool `type_converter`: what it says about Python types beside the code that it writes."""

from __future__ import annotations

import pytest

from scaffolder.tools.type_converter.annotations import Annotations
from scaffolder.tools.type_converter.json_sample import convert_sample
from scaffolder.tools.type_converter.model import RustCode
from scaffolder.tools.type_converter.python_source import convert_module

CLASS = "@dataclass\nclass A:\n    a: int\n"


@pytest.mark.parametrize(
    ("annotation", "note"),
    [
        ("datetime", "write `chrono::NaiveDateTime` for those without"),
        ("date", "drops its time"),
        ("datetime | date", "with another time zone than UTC is taken for a `date`"),
        ("time", "drops the time zone"),
        ("Decimal", "rounds to 28 digits"),
        ("int | float", "an `int` outside 64 bits becomes a `float`"),
        ("frozenset[int]", "a `frozenset` comes back as a `set`"),
        ("tuple[int, ...]", "comes back as a `list`"),
        ("bytearray", "stays a Python object"),
        ("deque[int]", "stays a Python object"),
        ("defaultdict[str, int]", "stays a Python object"),
        ("Callable[[int], str]", "stays a Python object"),
    ],
)
def test_what_does_not_come_back_alike_has_a_note(annotation: str, note: str) -> None:
    code = RustCode()
    Annotations(code).parse(annotation)
    assert any(note in each for each in code.notes), code.notes


@pytest.mark.parametrize(
    ("annotation", "rust"),
    [
        ("Optional[Optional[int]]", "Option<i64>"),
        ("Union[Optional[int], None]", "Option<i64>"),
        ("'int | None' | None", "Option<i64>"),
        ("None | int", "Option<i64>"),
        ("Union[int, int]", "i64"),
    ],
)
def test_what_may_be_missing_is_one_option(annotation: str, rust: str) -> None:
    assert Annotations(RustCode()).parse(annotation).owned == rust


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ('TD = TypedDict("TD", {"a-b": int})', "`TD` is left out: write it as `class TD`"),
        ('NT = NamedTuple("NT", [("a", int)])', "`NT` is left out: write it as `class NT`"),
        ('NT = collections.namedtuple("NT", "a b")', "`NT` is left out: write it as `class NT`"),
        ("class F(enum.Flag):\n    X = 1", "`F` is left out: its members combine"),
        ("class F(IntFlag):\n    X = 1", "`F` is left out: its members combine"),
        ("class P:\n    x: int", "`P` is left out: it is no dataclass"),
        ("class P(A):\n    class Q: pass", "`Q` is left out"),
        ("@dataclass\nclass B(Other):\n    b: int", "`B` lacks the fields of its base `Other`"),
        ("@dataclass\nclass B:\n    b: ClassVar[int]\n    c: int", "`B.b` is no field"),
        ("@dataclass\nclass B:\n    b: 'InitVar[int]'\n    c: int", "`B.b` is no field"),
        ("@dataclass\nclass B:\n    pass", "`B` is left out: it has no fields"),
        ("@dataclass\nclass B:\n    b: int = field(init=False)", "`B(b=...)` is not possible"),
        ("class E(Enum):\n    pass", "`E` has no members"),
        ("class E(Enum):\n    X = 1\n    Y = 1", "`E.Y` is another name of `E.X`"),
        ("class lower(TypedDict):\n    x: int", "`lower` is called `Lower` in Rust"),
        ("class Vec(TypedDict):\n    x: int", "`Vec` is called `VecValue` in Rust"),
        ("class D(TypedDict, total=False):\n    x: int", "a key that is missing in a `D` comes back"),
        ("T = TypeVar('T')\n@dataclass\nclass B(Generic[T]):\n    b: list[T]", "`T` may be any type"),
    ],
)
def test_what_is_left_out_has_a_note(source: str, note: str) -> None:
    code = convert_module(f"{CLASS}{source}\n")
    assert any(each.startswith(note) for each in code.notes), code.notes
    assert "pub struct A {\n    pub a: i64,\n}" in code.text


def test_names_that_stand_for_types_are_followed() -> None:
    code = convert_module(
        "Price = float\nUserId = NewType('UserId', int)\nMaybe: TypeAlias = 'Price | None'\n"
        "@dataclass\nclass A:\n    price: list[Price]\n    user: UserId\n    maybe: Maybe | str\n"
    )
    assert "pub price: Vec<f64>,\n    pub user: i64,\n    pub maybe: Option<Maybe>," in code.text


def test_an_enum_of_a_field_has_another_name_than_a_class() -> None:
    code = convert_module(
        "@dataclass\nclass A:\n    side: Literal['x']\n    other: 'Side'\n@dataclass\nclass Side:\n    a: int\n"
    )
    assert "pub side: Side2,\n    pub other: Side," in code.text


def test_objects_of_one_name_are_one_type_only_if_their_values_are() -> None:
    code = convert_sample('{"item": {"id": 1}, "items": [{"id": "x"}], "a": {"item": {"id": 2}}}', "Whole")
    assert "pub struct Item {\n    pub id: i64,\n}" in code.text
    assert "pub struct Item2 {\n    pub id: String,\n}" in code.text
    assert "Item3" not in code.text


@pytest.mark.parametrize(
    ("numbers", "rust"),
    [("1, -1", "i64"), ("18446744073709551615", "u64"), ("18446744073709551615, -1", "i128"), ("1e30, 2", "f64")],
)
def test_whole_numbers_have_a_type_that_holds_them(numbers: str, rust: str) -> None:
    assert f"pub a: Vec<{rust}>," in convert_sample(f'{{"a": [{numbers}]}}', "Whole").text


def test_keys_that_are_one_name_in_rust_are_numbered() -> None:
    text = convert_sample('{"a-b": 1, "a_b": 2, "type": 3, "Type": 4}', "Whole").text
    assert '#[pyo3(item("a-b"))]\n    pub a_b: i64,\n    #[pyo3(item("a_b"))]\n    pub a_b2: i64,' in text
    assert 'pub r#type: i64,\n    #[pyo3(item("Type"))]\n    pub type2: i64,' in text
