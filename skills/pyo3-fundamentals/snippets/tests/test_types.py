"""What becomes of Python's objects in Rust, and of Rust's values in Python; the chapter's tables are tested here."""

from __future__ import annotations

import array
import collections
import copy
import datetime as dt
import decimal
import ipaddress
import re
import types as standard
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import pytest
from fundamentals_snippets._core import types

through = types.through
MIDNIGHT = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


class Index:
    """An integer as NumPy's are: no `int`, but usable as one."""

    def __index__(self) -> int:
        return 7


class TwoReadings:
    """What has a length and items, but is not registered as a sequence: NumPy's arrays are like it."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> float:
        return [1.5, 2.5][index]


@pytest.mark.parametrize(
    ("rust_type", "given", "back"),
    [
        ("bool", True, True),
        ("u8", 255, 255),
        ("u8", True, 1),
        ("i64", Index(), 7),
        ("u128", 2**100, 2**100),
        ("f64", 3, 3.0),
        ("f64", Index(), 7.0),
        ("f64", decimal.Decimal("1.5"), 1.5),
        ("f64", Fraction(3, 2), 1.5),
        ("f32", 0.1, 0.10000000149011612),
        ("f32", 1e300, float("inf")),
        ("char", "é", "é"),
        ("String", "Säntis", "Säntis"),
        ("&str", "Säntis", "Säntis"),
        ("Cow<str>", "Säntis", "Säntis"),
        ("PyBackedStr", "Säntis", "Säntis"),
        ("Vec<u8>", b"ab", b"ab"),
        ("Vec<u8>", bytearray(b"ab"), b"ab"),
        ("Vec<u8>", [1, 2], b"\x01\x02"),
        ("Cow<[u8]>", b"ab", b"ab"),
        ("Cow<[u8]>", memoryview(b"ab"), b"ab"),
        ("&[u8]", b"ab", b"ab"),
        ("PyBackedBytes", bytearray(b"ab"), b"ab"),
        ("OsString", "a", "a"),
        ("PathBuf", "a/b", Path("a/b")),
        ("PathBuf", PurePosixPath("a/b"), Path("a/b")),
        ("Cow<Path>", "a/b", Path("a/b")),
        ("Cow<Path>", PurePosixPath("a/b"), Path("a/b")),
        ("Cow<OsStr>", "a", "a"),
        ("&CStr", "é", "é"),
        ("CString", "é", "é"),
        ("Cow<CStr>", "é", "é"),
        ("Cell<f64>", 1, 1.0),
        ("Option<f64>", None, None),
        ("Vec<f64>", (1, 2), [1.0, 2.0]),
        ("Vec<f64>", range(2), [0.0, 1.0]),
        ("Vec<f64>", array.array("d", [1, 2]), [1.0, 2.0]),
        ("Vec<f64>", collections.deque([1]), [1.0]),
        ("Vec<f64>", TwoReadings(), [1.5, 2.5]),
        ("[f64; 3]", (1, 2, 3), [1.0, 2.0, 3.0]),
        ("(String, f64)", ("a", 1), ("a", 1.0)),
        ("HashMap<String, f64>", {"a": 1}, {"a": 1.0}),
        ("BTreeMap<String, f64>", {"b": 1, "a": 2}, {"a": 2.0, "b": 1.0}),
        ("HashSet<i64>", frozenset({1}), {1}),
        ("BTreeSet<i64>", {3, 1}, {1, 3}),
        ("Duration", dt.timedelta(seconds=1.5), dt.timedelta(seconds=1.5)),
        ("SystemTime", MIDNIGHT, MIDNIGHT),
        ("IpAddr", "10.0.0.1", ipaddress.ip_address("10.0.0.1")),
        ("IpAddr", ipaddress.ip_address("::1"), ipaddress.ip_address("::1")),
        ("Bound<PySequence>", "ab", "ab"),
        ("Bound<PyMapping>", collections.UserDict(a=1), {"a": 1}),
    ],
)
def test_what_is_accepted_and_comes_back(rust_type: str, given: object, back: object) -> None:
    result = through(rust_type, given)
    assert result == back
    assert isinstance(result, type(back)) or rust_type.startswith("Bound")


@pytest.mark.parametrize(
    ("rust_type", "given", "error", "message"),
    [
        ("bool", 1, TypeError, "'int' object is not an instance of 'bool'"),
        ("u8", 256, OverflowError, "out of range integral type conversion attempted"),
        ("u8", -1, OverflowError, "out of range integral type conversion attempted"),
        ("u8", 1.0, TypeError, "'float' object cannot be interpreted as an integer"),
        ("i64", "1", TypeError, "'str' object cannot be interpreted as an integer"),
        ("i64", 2**63, OverflowError, "Python int too large to convert to C"),
        ("u128", -1, OverflowError, "can't convert negative int to unsigned"),
        ("NonZeroU32", 0, ValueError, "invalid zero value"),
        ("f64", "1.5", TypeError, "must be real number, not str"),
        ("f64", 10**400, OverflowError, "int too large to convert to float"),
        ("char", "ab", ValueError, "expected a string of length 1"),
        ("String", b"a", TypeError, "'bytes' object is not an instance of 'str'"),
        ("String", "\ud800", UnicodeEncodeError, "surrogates not allowed"),
        ("&str", "\ud800", UnicodeEncodeError, "surrogates not allowed"),
        ("Vec<u8>", "ab", TypeError, "Can't extract `str` to `Vec`"),
        ("&[u8]", bytearray(b"ab"), TypeError, "'bytearray' object is not an instance of 'bytes'"),
        ("OsString", Path("a"), TypeError, "Path' object is not an instance of 'str'"),
        ("Cow<OsStr>", Path("a"), TypeError, "Path' object is not an instance of 'str'"),
        ("&CStr", b"a", TypeError, "'bytes' object is not an instance of 'str'"),
        ("&CStr", "a\0b", ValueError, "nul byte"),
        ("CString", "a\0b", ValueError, "nul byte"),
        ("Cow<CStr>", "a\0b", ValueError, "nul byte"),
        ("PathBuf", b"a", TypeError, "'bytes' object is not an instance of 'str'"),
        ("Vec<f64>", {1, 2}, TypeError, "'set' object is not an instance of 'Sequence'"),
        ("Vec<f64>", iter([1]), TypeError, "'list_iterator' object is not an instance of 'Sequence'"),
        ("Vec<f64>", "12", TypeError, "Can't extract `str` to `Vec`"),
        ("Vec<f64>", [1, "x"], TypeError, "must be real number, not str"),
        ("[f64; 3]", [1, 2], ValueError, "expected a sequence of length 3 (got 2)"),
        ("(String, f64)", ["a", 1], TypeError, "'list' object is not an instance of 'tuple'"),
        ("(String, f64)", ("a",), ValueError, "expected tuple of length 2, but got tuple of length 1"),
        ("HashMap<String, f64>", collections.UserDict(a=1), TypeError, "is not an instance of 'dict'"),
        ("HashMap<String, f64>", standard.MappingProxyType({"a": 1}), TypeError, "is not an instance of 'dict'"),
        ("HashSet<i64>", [1], TypeError, "'list' object is not an instance of 'set'"),
        ("Duration", dt.timedelta(-1), ValueError, "not possible to convert a negative timedelta"),
        ("Duration", 1.5, TypeError, "'float' object is not an instance of 'timedelta'"),
        ("SystemTime", MIDNIGHT.replace(tzinfo=None), TypeError, "offset-naive and offset-aware"),
        ("IpAddr", "x", ValueError, "invalid IP address syntax"),
        ("Bound<PyList>", (1,), TypeError, "'tuple' object is not an instance of 'list'"),
        ("Bound<PySequence>", TwoReadings(), TypeError, "is not an instance of 'Sequence'"),
    ],
)
def test_what_is_refused(rust_type: str, given: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        through(rust_type, given)


def test_only_bound_keeps_the_object() -> None:
    prices = [1.5, 2.5]
    assert through("Bound<PyList>", prices) is prices
    assert through("Vec<f64>", prices) is not prices


def test_a_class_is_a_value() -> None:
    place = types.Place("Säntis", 2502)
    assert (place.name, place.metres, place.is_below_sea) == ("Säntis", 2502, False)
    assert place == types.Place("Säntis", metres=2502) != types.Place("Säntis")
    assert {place: "top"}[types.Place("Säntis", 2502)] == "top"
    assert repr(place) == "Place('Säntis', 2502)"
    assert copy.copy(place) == copy.deepcopy(place) == place
    with pytest.raises(AttributeError, match="not writable"):
        place.metres = 0
    with pytest.raises(ValueError, match="a place has a name"):
        types.Place("")


def test_a_class_is_an_argument_by_reference() -> None:
    assert types.is_higher(types.Place("Säntis", 2502), types.Place("Titisee", 840))
    with pytest.raises(TypeError, match="is not an instance of 'Place'"):
        types.is_higher(types.Place("Säntis"), "Titisee")


def test_texts_are_borrowed_or_copied() -> None:
    assert types.byte_length("é") == 2
    assert types.capitals("ÀbC") == 2
    assert types.titles([" a ", "b"]) == ["A", "B"]


def test_native_types_see_the_callers_object() -> None:
    readings = [1.0, None, None]
    assert types.fill_gaps(readings, 0.5) == 2
    assert readings == [1.0, 0.5, 0.5]
    longest = [1, 2]
    assert types.longer("a", longest) is longest


def test_a_cast_asks_for_the_type() -> None:
    assert types.describe("door") == "label door"
    assert types.describe(1.25) == "reading 1.2"
    with pytest.raises(TypeError, match="a reading is a float or a label, not int"):
        types.describe(1)


def test_a_dictionary_becomes_a_struct_and_back() -> None:
    summary = types.summarize({"name": "Säntis", "lat": 47.2}, [1, 3])
    assert summary == {"station": "Säntis at 47.2°, 2 m", "mean": 2.0, "range": (1.0, 3.0)}


def test_the_field_that_fails_is_named_and_the_reason_is_the_cause() -> None:
    with pytest.raises(TypeError, match=r"failed to extract field Station\.latitude") as caught:
        types.summarize({"name": "Säntis", "lat": 97.2}, [1])
    assert isinstance(caught.value.__cause__, ValueError)
    with pytest.raises(KeyError, match="name"):
        types.summarize({"lat": 47.2}, [1])


class Interrupted(dict[str, Any]):
    """A mapping whose lookup of the height is interrupted."""

    def __getitem__(self, key: str) -> Any:
        if key == "height_metres":
            raise KeyboardInterrupt
        return super().__getitem__(key)


class Stuck:
    """A number whose conversion is interrupted."""

    def __float__(self) -> float:
        raise KeyboardInterrupt


def test_a_default_drops_any_error_of_the_lookup() -> None:
    summary = types.summarize(Interrupted({"name": "Säntis", "lat": 47.2}), [1])
    assert summary["station"] == "Säntis at 47.2°, 2 m"
    with pytest.raises(TypeError, match=r"failed to extract field Station\.height_metres"):
        types.summarize({"name": "Säntis", "lat": 47.2, "height_metres": None}, [1])


def test_an_interrupt_in_a_field_is_the_cause_of_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"failed to extract field Station\.latitude") as caught:
        types.summarize({"name": "Säntis", "lat": Stuck()}, [1])
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)


class Measured(NamedTuple):
    celsius: float
    sensor: str


def test_any_object_with_the_attributes_will_do() -> None:
    assert types.too_warm(Measured(31, "roof")) == "roof"
    assert types.too_warm(Measured(3, "roof")) is None
    with pytest.raises(AttributeError, match="'tuple' object has no attribute 'celsius'"):
        types.too_warm((31, "roof"))


def test_a_newtype_is_checked_on_its_way_in() -> None:
    assert types.warmer(20, by=1.5) == 21.5
    for degrees in [-300, float("nan")]:
        with pytest.raises(ValueError, match=r"^(-300|NaN) °C is not a temperature above absolute zero"):
            types.warmer(degrees, by=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(90, "90 s"), (True, "1 s"), (0.25, "0.250 s"), ("noon", "noon"), (2**70, "1180591620717411303424.000 s")],
)
def test_the_first_variant_that_fits_is_taken(value: Any, expected: str) -> None:
    assert types.moment(value) == expected


def test_what_fits_no_variant_is_told_of_all() -> None:
    with pytest.raises(TypeError) as caught:
        types.moment(None)
    lines = str(caught.value).splitlines()
    assert lines[0] == "failed to extract enum Moment ('int | float | str')"
    assert lines[3].endswith("TypeError: 'None' is not an instance of 'str'")


def test_results_may_differ_in_type() -> None:
    assert types.ask(2) == 0.5
    assert types.ask(9) == "no sensor 9"
    assert [types.limit(name) for name in ("channels", "celsius", "model")] == [8, (-40.0, 85.0), "T8"]
    with pytest.raises(LookupError, match="no limit is called `volt`"):
        types.limit("volt")
    assert types.status() == {"channels": 8, "healthy": True}


def test_a_text_is_parsed_as_an_argument() -> None:
    assert types.next_address(" 10.0.0.255") == "10.0.1.0"
    with pytest.raises(ValueError, match=r"`10\.0`: invalid IPv4 address syntax"):
        types.next_address("10.0")
