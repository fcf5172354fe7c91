"""Which rows are accepted, and what is said about the others."""

import csv
import io
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pytest
from sales_report import Row, RowError, median_price, regions, summarize

ROW: Row = {"region": "north", "product": "tea", "units": 2, "price": 250}


@dataclass(frozen=True)
class Sale:
    region: str
    product: str
    units: int
    price: int
    discount: int = 0


def broken(**changes: object) -> Row:
    return cast("Row", {**ROW, **changes})


def test_dictionaries_and_objects_may_be_mixed() -> None:
    [line] = summarize([ROW, Sale("north", "tea", 1, 100)])
    assert line["revenue"] == 600


def test_any_mapping_is_a_dictionary() -> None:
    assert regions([types.MappingProxyType(ROW)]) == {"north"}  # type: ignore[list-item]


# region: errors
def test_an_error_names_the_row_and_the_field() -> None:
    text = "region,product,units,price\nnorth,tea,2,250\n"
    with pytest.raises(RowError) as caught:
        summarize(csv.DictReader(io.StringIO(text)))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "row 0: TypeError: failed to extract field Row.units: 'str' object cannot be interpreted as an integer"
    )
    assert caught.value.row == 0


def test_a_missing_field_is_named() -> None:
    with pytest.raises(RowError, match="row 1: KeyError: 'units'") as caught:
        summarize([ROW, {"region": "north", "product": "tea"}])  # type: ignore[list-item]
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(RowError, match=r"row 0: AttributeError: .* no attribute 'region'"):
        summarize([1])  # type: ignore[list-item]


# endregion: errors


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"discount": 101}, r"Row\.discount: 101 is more than 100 percent"),
        ({"discount": -1}, r"TypeError: .*Row\.discount: out of range"),
        ({"units": 1.0}, r"Row\.units: 'float' object"),
        ({"units": 2**32}, r"TypeError: .*Row\.units: out of range"),
        ({"price": "1.20"}, r"Row\.cents: 'str' object"),  # the name of Rust's field
        ({"region": None}, r"Row\.region: 'None' is not an instance of 'str'"),
    ],
)
def test_a_wrong_value_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        summarize([broken(**changes)])


def test_a_bool_is_an_int() -> None:
    assert summarize([broken(units=True)])[0]["units"] == 1


# region: defaults
def test_a_default_is_for_what_is_missing_and_not_for_none() -> None:
    assert summarize([ROW])[0]["revenue"] == 500
    with pytest.raises(RowError, match=r"Row\.discount"):
        summarize([broken(discount=None)])


def test_a_default_also_hides_why_a_field_could_not_be_read() -> None:
    class Remote(Sale):
        @property
        def discount(self) -> int:
            raise ConnectionError

    row = object.__new__(Remote)
    vars(row).update(ROW)
    assert summarize([row])[0]["revenue"] == 500


# endregion: defaults


# region: lazy
def counted(rows: list[Row], taken: list[int]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        taken.append(number)
        yield row


def test_rows_are_taken_one_by_one() -> None:
    taken: list[int] = []
    with pytest.raises(RowError, match="row 1"):
        summarize(counted([ROW, broken(units="2"), ROW, ROW], taken))
    assert taken == [0, 1]


def test_a_vec_takes_a_sequence_and_no_iterator() -> None:
    assert median_price([ROW, broken(price=100), broken(price=300)]) == 250
    assert median_price([]) is None
    with pytest.raises(TypeError, match="'Sequence'"):
        median_price(iter([ROW]))  # type: ignore[arg-type]


def test_the_error_of_a_vec_does_not_name_the_row() -> None:
    with pytest.raises(TypeError) as caught:
        median_price([ROW, broken(units="2")])
    assert str(caught.value) == "failed to extract field Row.units"


# endregion: lazy


@pytest.mark.parametrize("error", [KeyboardInterrupt, ConnectionError])
def test_an_error_of_the_iterator_passes(error: type[BaseException]) -> None:
    def rows() -> Iterator[Row]:
        yield ROW
        raise error

    with pytest.raises(error):
        summarize(rows())


def test_an_interrupt_inside_a_row_passes() -> None:
    class Interrupted:
        @property
        def region(self) -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summarize([Interrupted()])  # type: ignore[list-item]


def test_an_interrupt_inside_a_conversion_passes() -> None:
    class Number:
        def __index__(self) -> int:
            raise KeyboardInterrupt

    with pytest.raises(TypeError, match=r"failed to extract field Row\.units") as caught:
        median_price([broken(units=Number())])  # what the derived code makes of it
    assert isinstance(caught.value.__cause__, KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        summarize([broken(units=Number())])


def test_what_cannot_be_iterated_over_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        summarize(3)  # type: ignore[arg-type]
