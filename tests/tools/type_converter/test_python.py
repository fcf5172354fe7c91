"""The tool `type_converter`: what it says about Python types beside the code that it writes."""

from __future__ import annotations

import pytest

from scaffolder.python.annotations import parse_annotation
from scaffolder.tools.type_converter.annotations import Annotations
from scaffolder.tools.type_converter.classes import convert_module, convert_sample
from scaffolder.tools.type_converter.model import RustCode

CLASS = "@dataclass\nclass A:\n    a: int\n"


@pytest.mark.parametrize(
    ("annotation", "note"),
    [
        ("datetime", "`chrono::NaiveDateTime` takes those without"),
        ("date", "drops its time"),
        ("datetime | date", "in a time zone other than UTC becomes a `date`"),
        ("dict[str, int]", "comes back sorted by its keys"),
        ("Fraction", "of 64 bits"),
        ("IPv4Address", "addresses of the other version"),
        ("time", "drops the time zone"),
        ("Decimal", "rounds to 28 digits"),
        ("int | float", "an `int` outside 64 bits becomes a `float`"),
        ("frozenset[int]", "a `frozenset` comes back as a `set`"),
        ("tuple[int, ...]", "comes back as a `list`"),
    ],
)
def test_what_does_not_come_back_alike_has_a_note(annotation: str, note: str) -> None:
    code = RustCode()
    Annotations(code).convert(parse_annotation(annotation))
    assert any(note in text for text in code.notes), code.notes


@pytest.mark.parametrize(
    ("annotation", "rust", "reason"),
    [
        ("Widget", "Py<PyAny>", "`Widget` has no Rust type"),
        ("list[Widget | None]", "Vec<Option<Py<PyAny>>>", "`Widget` has no Rust type"),
        ("other.Path", "Py<PyAny>", "`other.Path` has no Rust type"),
        ("None", "Py<PyAny>", "a result of `()` is `None`"),
        ("bytearray", "Py<PyAny>", "cast it to `PyByteArray`"),
        ("deque[int]", "Py<PyAny>", "iterate over it"),
        ("defaultdict[str, int]", "Py<PyAny>", "cast it to `PyDict`"),
        ("Callable[[int], str]", "Py<PyAny>", "call it by `call1`"),
        ("dict", "Py<PyAny>", "`dict` does not say what it holds"),
        ("set", "Py<PyAny>", "`set` does not say what it holds"),
        ("set[float]", "Py<PyAny>", "needs keys with a hash"),
        ("dict[list[int], int]", "Py<PyAny>", "needs keys with a hash"),
        ("list[int, str]", "Py<PyAny>", "has 2 types, and a list takes one"),
        ("tuple[()]", "Py<PyAny>", "has no length from 1 to 12"),
        ("decimal.Decimal | float", "Py<PyAny>", "also takes what is meant for `f64`"),
        ("bytes | list[int]", "Py<PyAny>", "also takes lists of numbers"),
        ("Literal[1, 'a']", "Py<PyAny>", "neither all `str` nor all `int`"),
        (f"Literal[{2**128}]", "Py<PyAny>", "does not fit in 128 bits"),
        ("Literal['\\ud800']", "Py<PyAny>", "has a lone surrogate"),
    ],
)
def test_what_has_no_rust_type_stays_a_python_object(annotation: str, rust: str, reason: str) -> None:
    rust_type = Annotations(RustCode()).convert(parse_annotation(annotation))
    assert rust_type.owned == rust
    assert any(reason in text for text in rust_type.needs.reasons), rust_type.needs.reasons


@pytest.mark.parametrize(
    ("annotation", "rust"),
    [
        ("Optional[Optional[int]]", "Option<i64>"),
        ("Union[Optional[int], None]", "Option<i64>"),
        ("'int | None' | None", "Option<i64>"),
        ("None | int", "Option<i64>"),
        ("Union[int, int]", "i64"),
        (" | ".join(["int"] * 100), "i64"),
        ("Optional[list]", "Option<Vec<Py<PyAny>>>"),
        ("os.PathLike[str]", "PathBuf"),
        ("fractions.Fraction", "num_rational::Ratio<i64>"),
        ("conlist(int, min_length=1)", "Vec<i64>"),
        ("pydantic.conint(gt=0)", "i64"),
        ("Literal[True, False]", "bool"),
    ],
)
def test_an_annotation_has_one_rust_type(annotation: str, rust: str) -> None:
    assert Annotations(RustCode()).convert(parse_annotation(annotation)).owned == rust


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('TD = TypedDict("TD", make())', "`TD` is made by a call of `TypedDict`: write it as a class"),
        ('NT = collections.namedtuple("NT", "a b")', "`NT` is made by a call of `namedtuple`"),
        ("class F(enum.Flag):\n    X = 1", "`F` has members that combine"),
        ("class P:\n    x: int", "`P` is not a dataclass"),
        ("class P(A):\n    class Q: pass", "`Q` is defined inside `P`"),
        ("@dataclass\nclass B:\n    b: ClassVar[int]\n    c: int", "`B.b` belongs to the class"),
        ("@dataclass\nclass B:\n    b: 'InitVar[int]'\n    c: int", "`B.b` belongs to the class"),
        ("@dataclass\nclass B:\n    pass", "`B` has no fields"),
        ("class E(Enum):\n    pass", "`E` has no members"),
        ("class E(Enum):\n    X = 1 << 2", "`E` has a member `X` whose value is not a literal"),
        (
            "class E(Enum):\n    X = 3\n    Y = 1\n    Z = auto()",
            "`E` has a member `Z` whose `auto()` depends on the ver",
        ),
        (
            "class E(str, Enum):\n    X = 'x'\n    Y = auto()",
            "`E` has a member `Y` whose `auto()` value the source does not",
        ),
        ("class E(str, Enum):\n    X = 1", "`E` is a `str`, but the value of `X` is not"),
        ("class E(IntEnum):\n    X = '1'", "`E` is an `int`, but the value of `X` is not"),
        ("class E(Enum):\n    X = 1.5", "`E` has values that are neither all `str` nor all `int`"),
        (f"class E(Enum):\n    X = {2**128}", "`E` has a number that does not fit in 128 bits"),
        ("class P(Protocol):\n    x: int\n    def f(self): ...", "`P` is a protocol with methods"),
        ("@dataclass\nclass N:\n    next: 'N | None'", "`N.next` `N | None` holds its own class"),
        ("@dataclass\nclass N:\n    pair: tuple['N', int] | None", "`N.pair` `tuple['N', int] | None` holds its own"),
        ("@dataclass\nclass B:\n    c: 'Optional[C]'\n@dataclass\nclass C:\n    b: B", "`C.b` `B` holds its own class"),
        (
            "Json = dict[str, 'Json']\n@dataclass\nclass B:\n    json: Json",
            "`B.json` `Json` is a type that contains itself",
        ),
        (
            "M = list[Union['M', int]]\n@dataclass\nclass B:\n    m: M | None",
            "`B.m` `M` is a type that contains itself",
        ),
        ("@dataclass\nclass B:\n    b: Widget", "`B.b` `Widget` has no Rust type"),
        ("@dataclass\nclass B:\n    b: 'class'", "`B.b` `class` is not a valid type annotation"),
        ("@dataclass\nclass B:\n    b: " + "list[" * 60 + "int" + "]" * 60, "`B.b` `list[list[list[list[list["),
        ("from other import Path\n@dataclass\nclass B:\n    b: Path", "`B.b` `Path` has no Rust type"),
        ("class X:\n    y: int\n@dataclass\nclass B:\n    x: X", "`B.x` `X` is not a dataclass"),
        ("T = TypeVar('T')\n@dataclass\nclass B(Generic[T]):\n    b: list[T]", "`B.b` `T` may be any type"),
        (
            "@dataclass\nclass C:\n    x: int\n@dataclass\nclass D:\n    x: str\n@dataclass\nclass B:\n    b: C | D",
            "`B.b` `C | D` can't be told apart",
        ),
    ],
)
def test_what_is_left_out_has_a_reason(source: str, reason: str) -> None:
    code = convert_module(f"{CLASS}{source}\n")
    reasons = [f"`{item.name}` {item.reason}" for item in code.left_out]
    assert any(text.startswith(reason) for text in reasons), reasons
    assert "pub struct A {\n    pub a: i64,\n}" in code.text


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("@dataclass\nclass B(Other):\n    b: int", "`B` lacks the fields of its base `Other`"),
        ("@dataclass\nclass B:\n    b: int = field(init=False)", "`B(b=...)` is not possible"),
        ("class E(Enum):\n    X = 1\n    Y = 1", "`E.Y` is another name of `E.X`"),
        ("class lower(TypedDict):\n    x: int", "`lower` is called `Lower` in Rust"),
        ("class Vec(TypedDict):\n    x: int", "`Vec` is called `VecValue` in Rust"),
        ("class JSON(TypedDict):\n    x: int", "`JSON` is called `Json` in Rust"),
        ("class D(TypedDict, total=False):\n    x: int", "a key that is missing in a `D` comes back"),
        ("@dataclass\nclass T:\n    c: 'list[T]'", "`T` holds its own class in a collection"),
        ("class F(IntFlag):\n    X = 1", "`F` is taken as its number, since its members combine"),
        ("class M(BaseModel):\n    x: int", "`M` is read by its attributes and comes back as a `dict`: `M.model_valid"),
    ],
)
def test_what_comes_back_otherwise_has_a_note(source: str, note: str) -> None:
    code = convert_module(f"{CLASS}{source}\n")
    assert any(text.startswith(note) for text in code.notes), code.notes


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ("class B(BaseModel):\n    model_config = 1\n    _own: int\n    b: PositiveInt = Field(alias='x')", "b: i64"),
        ("class P(BaseModel):\n    x: str\nclass B(P):\n    b: EmailStr", "x: String,\n    pub b: String"),
        ("@attrs.define\nclass B:\n    b: float", "b: f64"),
        ("import attr\n@attr.s(auto_attribs=True)\nclass B:\n    b: float", "b: f64"),
        ("class B(msgspec.Struct):\n    b: bytes", "b: Vec<u8>"),
        ("class B(Protocol):\n    b: int", "b: i64"),
        ("class F(IntFlag):\n    X = 1\n@dataclass\nclass B:\n    b: F", "b: i64"),
        ("B = NamedTuple('B', [('b', int)])", "b: i64"),
        ("B = TypedDict('B', {'b-c': int})", "b_c: i64"),
        ("Side = Literal['x']\n@dataclass\nclass B:\n    b: Side", "b: B2"),
        ("class S(Enum):\n    X = 'x'\n@dataclass\nclass B:\n    b: Literal[S.X]", "b: S"),
        (f"class S(Enum):\n    X = {2**100}\n@dataclass\nclass B:\n    b: dict[S, int]", "b: BTreeMap<S, i64>"),
        ("T = TypeVar('T', int, str)\n@dataclass\nclass B:\n    b: T", "b: B2"),
        ("try:\n    import x\nexcept ImportError:\n    @dataclass\n    class B:\n        b: int", "b: i64"),
        ("@dataclass\nclass B:\n    b: IPv4Address | str", "b: B2"),
        ("@dataclass\nclass N:\n    next: 'N | None'", "next: Option<Py<PyAny>>"),
    ],
)
def test_classes_of_every_kind_are_converted(source: str, field: str) -> None:
    assert f"    pub {field}," in convert_module(f"{source}\n").text


def test_structs_with_the_same_fields_are_told_apart_by_their_literals() -> None:
    tagged = "\n".join(f"@dataclass\nclass {name}:\n    type: Literal['{name}']\n    x: int" for name in "XY")
    text = convert_module(f"{tagged}\n@dataclass\nclass B:\n    b: X | Y\n").text
    assert "pub enum B2 {\n    X(X),\n    Y(Y),\n}" in text


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
    [
        ("1, -1", "i64"),
        ("18446744073709551615", "u64"),
        ("18446744073709551615, -1", "i128"),
        ("1e30, 2", "f64"),
        (str(2**128 - 1), "u128"),
        (str(2**128), "Py<PyAny>"),
    ],
)
def test_whole_numbers_have_a_type_that_holds_them(numbers: str, rust: str) -> None:
    assert f"pub a: Vec<{rust}>," in convert_sample(f'{{"a": [{numbers}]}}', "Whole").text


def test_keys_that_are_one_name_in_rust_are_numbered() -> None:
    text = convert_sample('{"a-b": 1, "a_b": 2, "type": 3, "Type": 4}', "Whole").text
    assert '#[pyo3(item("a-b"))]\n    pub a_b: i64,\n    #[pyo3(item("a_b"))]\n    pub a_b2: i64,' in text
    assert 'pub r#type: i64,\n    #[pyo3(item("Type"))]\n    pub type2: i64,' in text
