"""What makes a call slow: the pairs that are compared do the same, and the fast ways fail in the same places."""

import shutil
import sys
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import measure_calls
import pytest
from performance_snippets._core import calls

NAMES: dict[str, object] = {}
exec(measure_calls.SETUP, NAMES)  # noqa: S102


@pytest.mark.parametrize("statement", [row for rows in measure_calls.ROWS.values() for row in rows.values()])
def test_all_that_is_measured_runs(statement: str) -> None:
    exec(statement, NAMES)  # noqa: S102


PAIRS = [
    ("postage(1.5)", "postage(1.5, 1, False)"),
    ("postage(weight=1.5, zone=2, express=True)", "python_postage(1.5, 2, True)"),
    ("volume(1.5, 2.5, 3.5)", "volume_array(sides)"),
    ("volume(1.5, 2.5, 3.5)", "volume_tuple(tuple(sides))"),
    ("volume(1.5, 2.5, 3.5)", "volume_vec(sides)"),
    ("is_box('PO 1')", "is_box_string('PO 1')"),
    ("grams(1.5)", "grams_cast(1.5)"),
    ("grams('1.5g')", "grams_cast('1.5g')"),
    ("grams('heavy')", "grams_cast('heavy')"),
    ("answer()", "answer_interned()"),
    ("parcel.street", "parcel.street_object"),
    ("parcel.weight", "parcel.weigh()"),
    ("label()", "label_borrowed()"),
    ("total_by_name(objects)", "total_by_interned_name(objects)"),
    ("total_by_name(parcels)", "total_of_class(parcels)"),
    ("missing_by_error(parcel)", "missing_by_option(parcel)"),
    ("is_decimal(price)", "is_decimal_imported(price)"),
    ("call_tuple(callback)", "call_py_tuple(callback)"),
    ("call_tuple(callback)", "call_keyword(callback)"),
]


@pytest.mark.parametrize(("one", "another"), PAIRS)
def test_pairs_agree(one: str, another: str) -> None:
    assert eval(one, NAMES) == eval(another, NAMES)  # noqa: S307


def test_adding_many_is_adding_each() -> None:
    single, many = calls.Scale(), calls.Scale()
    for weight in [1.5, 2.5]:
        single.add(weight)
    many.add_many([1.5, 2.5])
    assert single.total() == many.total() == 4.0


def test_the_list_for_an_array_has_its_length() -> None:
    with pytest.raises(ValueError, match="expected a sequence of length 3"):
        calls.volume_array([1.0, 2.0])
    with pytest.raises(TypeError):
        calls.volume_tuple([1.0, 2.0, 3.0])


def test_interned_is_the_same_object() -> None:
    assert calls.answer_interned() is calls.answer_interned()
    assert calls.answer() is not calls.answer()
    street = "a street that is no constant: " + str(12)
    parcel = calls.Parcel(1.5, street)
    assert parcel.street_object is street
    assert parcel.street is not street


def test_none_instead_of_an_error() -> None:
    assert calls.zone("8005") == calls.zone_or_none("8005") == 8
    assert calls.zone_or_none("?") is None
    with pytest.raises(ValueError, match="no such postcode"):
        calls.zone("?")


def test_a_label_needs_its_room() -> None:
    buffer = bytearray(5000)
    assert calls.label_into(buffer) == 4096
    assert buffer[:4097] == b"#" * 4096 + b"\0"
    with pytest.raises(ValueError, match="too small"):
        calls.label_into(bytearray(10))


def test_attributes_that_fail_otherwise() -> None:
    class Broken:
        @property
        def insured(self) -> bool:
            raise OSError("unplugged")

    assert calls.missing_by_error(Broken()) is True
    with pytest.raises(OSError, match="unplugged"):
        calls.missing_by_option(Broken())
    assert calls.missing_by_option(SimpleNamespace(insured=1)) is False


class Shelf(Sequence[int]):
    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: object) -> int:
        raise IndexError(index)


@pytest.mark.parametrize(("value", "expected"), [([], True), ((), True), ("a", True), (Shelf(), True), (deque(), True),
                                                 ({}, False), (1, False)])  # fmt: skip
def test_what_a_sequence_is(value: object, expected: bool) -> None:
    assert calls.is_sequence(value) is expected
    assert calls.is_list(value) is (type(value) is list)


def test_decimals() -> None:
    assert calls.is_decimal(Decimal(1))
    assert not calls.is_decimal(1)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="callgrind runs Linux programs")
def test_counts_can_be_repeated(tmp_path: Path) -> None:
    counts = measure_calls.count(["pass", "answer_interned()", "answer()", "answer()"], 100, tmp_path)
    loop, interned, fresh, again = counts
    assert loop < interned < fresh
    assert again == pytest.approx(fresh, rel=0.05)
