"""Text, lists, structs, nulls, decimals and times in Arrow's arrays, and what a producer may get wrong."""

import datetime as dt
import uuid
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from conversion_snippets._core import arrow_types

COUNTRIES = ["NO", "SE", None, "NO", "a country with a long name"]
COUNTS = {"NO": 2, "SE": 1, "a country with a long name": 1}


@pytest.mark.parametrize(
    "countries",
    [
        pa.array(COUNTRIES),
        pa.array(COUNTRIES, pa.large_string()),
        pa.array(COUNTRIES, pa.string_view()),
        pa.array(COUNTRIES).dictionary_encode(),
        pa.array(COUNTRIES).dictionary_encode()[:],
        pa.chunked_array([COUNTRIES[:2], COUNTRIES[2:]]).dictionary_encode(),
        pl.Series(COUNTRIES),
        pl.Series(COUNTRIES, dtype=pl.Categorical),
        pl.Series(COUNTRIES, dtype=pl.Enum(["SE", "NO", "DK", "a country with a long name"])),
    ],
    ids=lambda countries: str(getattr(countries, "type", None) or countries.dtype),
)
def test_text_in_every_layout(countries: object) -> None:
    assert arrow_types.orders_by_country(countries) == COUNTS


def test_a_dictionary_may_hold_nulls_and_a_value_twice() -> None:
    keys = pa.array([0, 1, 2, None, 3, 3], pa.int8())
    countries = pa.DictionaryArray.from_arrays(keys, pa.array(["NO", None, "NO", "SE", "DK"]))
    assert arrow_types.orders_by_country(countries) == {"NO": 2, "SE": 2}
    assert arrow_types.orders_by_country(pa.array([], pa.string()).dictionary_encode()) == {}


def test_how_each_library_lays_out_text() -> None:
    assert arrow_types.layout(pl.Series(["a"]))[0] == "Utf8View"
    assert arrow_types.layout(pl.Series(["a"], dtype=pl.Categorical))[0] == "Dictionary(UInt32, Utf8View)"
    assert arrow_types.layout(pa.array(["a"]))[0] == "Utf8"
    assert arrow_types.layout(pl.Series([[1.0]]))[0].startswith("LargeList")
    assert arrow_types.layout(pa.chunked_array([["a"], [], ["b", "c"]]))[1] == [1, 0, 2]


def test_below_a_null_is_any_value() -> None:
    validity, values = pa.py_buffer(b"\x05"), pa.array([1.0, 99.0, 2.0]).buffers()[1]
    prices = pa.Array.from_buffers(pa.float64(), 3, [validity, values])
    assert prices.to_pylist() == [1.0, None, 2.0]
    assert arrow_types.sums(prices) == (3.0, 102.0)
    assert arrow_types.sums(prices[1:]) == (2.0, 101.0)


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list], ids=["list", "large list"])
def test_lists_go_by_their_offsets(kind: type) -> None:
    orders = pa.array([[100.0], [1.0, None, 2.0], None, [], [5.0]], kind(pa.float64()))
    assert pa.array(arrow_types.order_totals(orders)).to_pylist() == [100.0, 3.0, None, 0.0, 5.0]
    assert pa.array(arrow_types.order_totals(orders[1:4])).to_pylist() == [3.0, None, 0.0]
    with pytest.raises(TypeError, match="unexpected type Utf8"):
        arrow_types.order_totals(pa.array(["a"]))


def test_a_slice_of_lists_has_all_values() -> None:
    orders = pa.array([[100.0], [1.0, 2.0], [5.0]])
    assert arrow_types.list_values(orders[1:2]) == (4, 2)
    assert pa.array(arrow_types.order_totals(pl.Series([[1.0, 2.0]]).to_arrow())).to_pylist() == [3.0]


def test_a_struct_hides_its_fields() -> None:
    structs = pa.StructArray.from_arrays([pa.array([1, 2, 3])], ["id"], mask=pa.array([False, True, False]))
    stored, seen = map(pa.array, arrow_types.field_both_ways(structs, "id"))
    assert stored.to_pylist() == [1, 2, 3]
    assert seen.to_pylist() == [1, None, 3]
    with pytest.raises(ValueError, match="non-zero null count"):
        arrow_types.batch_rows(structs)
    assert arrow_types.batch_rows(structs[:1]) == 1


def test_decimals_are_integers_with_a_scale() -> None:
    amounts = [Decimal("19.99"), None, Decimal("-0.05")]
    for source in (pa.array(amounts), pa.array(amounts, pa.decimal256(50, 4)), pa.array(amounts, pa.decimal32(6, 2))):
        assert arrow_types.cents(source) == [1999, None, -5]
    assert arrow_types.cents(pl.Series(amounts).to_arrow()) == [1999, None, -5]
    assert arrow_types.cents(pa.array([Decimal("1.005"), Decimal("-1.005")])) == [101, -101]
    assert arrow_types.cents(pa.array([3])) == [300]
    with pytest.raises(ValueError, match=r"too large|overflow|Cast error"):
        arrow_types.cents(pa.array([Decimal(10) ** 60], pa.decimal256(76, 0)))


def test_timestamps_have_a_unit_and_perhaps_a_zone() -> None:
    naive = dt.datetime(2026, 7, 1, 12)
    since = int((naive - dt.datetime(1970, 1, 1)).total_seconds()) * 1_000_000
    for unit in ("s", "ms", "us", "ns"):
        assert arrow_types.microseconds(pa.array([naive, None], pa.timestamp(unit))) == ([since, None], None)
    zoned = pa.array([naive], pa.timestamp("ms", "Europe/Oslo"))
    assert arrow_types.microseconds(zoned) == ([since], "Europe/Oslo")
    with pytest.raises(TypeError, match="unexpected type Date32"):
        arrow_types.microseconds(pa.array([naive.date()]))


def test_cast_makes_null_of_what_does_not_fit() -> None:
    far = pa.array([dt.datetime(2300, 1, 1), dt.datetime(2026, 1, 1)], pa.timestamp("s"))
    assert pa.array(arrow_types.cast_to_nanoseconds(far)).is_null().to_pylist() == [True, False]
    beyond = pa.array([2**60], pa.timestamp("s"))
    with pytest.raises(ValueError, match=r"(?i)overflow"):
        arrow_types.microseconds(beyond)


def test_extension_types_are_metadata_of_the_field() -> None:
    key = uuid.UUID("12345678123456781234567812345678")
    keys = pa.array(arrow_types.uuids([key.bytes]))
    assert keys.type == pa.uuid()
    assert keys.to_pylist() == [key]
    assert arrow_types.extension(keys) == ("arrow.uuid", "FixedSizeBinary(16)")
    kept, lost = map(pa.array, arrow_types.with_and_without_field(keys))
    assert kept.type == pa.uuid()
    assert lost.type == pa.binary(16)


def test_misaligned_values_are_copied() -> None:
    data = pa.py_buffer(b"\0" * 65)
    aligned = pa.Array.from_buffers(pa.float64(), 8, [None, data.slice(0, 64)])
    assert arrow_types.placed(aligned)[0] == data.address
    misaligned = pa.Array.from_buffers(pa.float64(), 8, [None, data.slice(1)])
    assert arrow_types.placed(misaligned)[0] % 8 == 0
    assert arrow_types.placed(misaligned)[0] != data.address + 1


def test_nobody_checks_what_the_producer_promises() -> None:
    offsets, text = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")
    broken = pa.Array.from_buffers(pa.string(), 1, [None, offsets, text])
    assert arrow_types.layout(broken) == ("Utf8", [1])
    with pytest.raises(ValueError, match=r"(?i)utf-?8"):
        arrow_types.validate(broken)
    offsets = pa.py_buffer(b"\0\0\0\0\x7f\0\0\0\2\0\0\0")
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, text])
    with pytest.raises(ValueError, match=r"(?i)offset"):
        arrow_types.validate(broken)
    keys = pa.array([0, 7], pa.int8())
    broken = pa.DictionaryArray.from_arrays(keys, pa.array(["NO"]), safe=False)
    with pytest.raises(ValueError, match="7"):
        arrow_types.validate(broken)
    arrow_types.validate(pa.array(COUNTRIES))
