"""Which Rust types take which dtype, and what records, times, flags and text need."""

import struct
import sys

import numpy as np
import pytest
from conversion_snippets._core import borrowing_arrays, dtypes

STRIKE = dtypes.strikes_dtype()
FIELDS = [("time", "M8[ns]"), ("current", "f4"), ("channel", "u2")]


@pytest.mark.parametrize(
    ("dtype", "rust"),
    [
        ("i1", "i8"),
        ("i2", "i16"),
        ("i4", "i32"),
        ("i8", "i64"),
        ("u1", "u8"),
        ("u2", "u16"),
        ("u4", "u32"),
        ("u8", "u64"),
        ("f2", "f16"),
        ("f4", "f32"),
        ("f8", "f64"),
        ("c8", "Complex32"),
        ("c16", "Complex64"),
        ("?", "bool"),
        ("M8[ns]", "Datetime<Nanoseconds>"),
        ("M8[s]", "Datetime<Seconds>"),
        ("m8[s]", "Timedelta<Seconds>"),
        ("S5", "PyFixedString<5>"),
        ("U5", "PyFixedUnicode<5>"),
        ("O", "Py<PyAny>"),
        (STRIKE, "Strike"),
        ("S4", None),
        ("U4", None),
        ("M8[25s]", None),
        ("M8", None),
        ("V8", None),
        (np.dtypes.StringDType(), None),
        (np.dtype("f8").newbyteorder(), None),
        (FIELDS, None),
        (np.dtype([("t", "M8[ns]"), ("c", "f4"), ("n", "u2")], align=True), None),
        (np.dtype([FIELDS[1], FIELDS[0], FIELDS[2]], align=True), None),
    ],
)
def test_which_type_is_which(dtype: object, rust: str | None) -> None:
    assert dtypes.rust_types(np.zeros(2, dtype)) == ([rust] if rust else [])


@pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="long double is double there")
@pytest.mark.parametrize("dtype", ["g", "G"])
def test_long_double_has_no_type(dtype: str) -> None:
    assert dtypes.rust_types(np.zeros(2, dtype)) == []


@pytest.mark.skipif(struct.calcsize("l") != 8, reason="long has 32 bits on Windows")
def test_two_numbers_are_one_type() -> None:
    assert (np.dtype("l").num, np.dtype("q").num) == (7, 9)
    assert dtypes.rust_types(np.zeros(2, "l")) == dtypes.rust_types(np.zeros(2, "q")) == ["i64"]


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_a_peak_of_each_type(dtype: str) -> None:
    assert dtypes.peak_current(np.array([[-3, 2]], dtype)) == 3.0
    assert dtypes.peak_current(np.array([-30, 2], "i2")) == 3.0


def test_what_is_refused_is_named() -> None:
    with pytest.raises(TypeError, match="floats or int16, not int32"):
        dtypes.peak_current(np.zeros(2, "i4"))
    with pytest.raises(TypeError, match="'ndarray' object is not an instance of 'ndarray'"):
        dtypes.count_confirmed(np.zeros(2))


def test_an_enum_of_arrays() -> None:
    assert dtypes.peak_of_two(np.array([1.0, -2.0])) == 2.0
    assert dtypes.peak_of_two(np.array([1, -20], "i2")) == 2.0
    with pytest.raises(TypeError) as error:
        dtypes.peak_of_two(np.zeros(2, "f4"))
    for part in ("'float64 array | int16 array'", "variant Double", "variant Tenths"):
        assert part in str(error.value)


def test_a_borrow_that_conflicts_is_a_variant_that_failed() -> None:
    currents = np.zeros(2)
    with pytest.raises(TypeError, match=r"variant Double.*already borrowed"):
        borrowing_arrays.while_written(currents, lambda: dtypes.peak_of_two(currents))


def test_records_have_the_layout_of_the_struct() -> None:
    assert (STRIKE.itemsize, STRIKE.isalignedstruct, np.dtype(FIELDS).itemsize) == (16, True, 14)
    strikes = np.zeros(3, STRIKE)
    strikes["channel"] = [1, 2, 1]
    strikes["current"] = [5, 6, 7]
    strikes["time"] = "2024-07-01"
    selected = dtypes.of_channel(strikes, 1)
    np.testing.assert_array_equal(selected, strikes[[0, 2]])
    assert len(selected.tobytes()) == 32
    np.testing.assert_array_equal(dtypes.of_channel(strikes[::-1], 1), strikes[[2, 0]])


def times(*days: str) -> np.ndarray:
    return np.array(days, "M8[ns]")


def test_nat_is_left_out() -> None:
    assert times("NaT").view("i8")[0] == -(2**63)
    day = 24 * 3600 * 10**9
    assert dtypes.duration(times("2024-01-02", "NaT", "2024-01-01")) == day
    for none in (times(), times("NaT")):
        with pytest.raises(ValueError, match="no times"):
            dtypes.duration(none)


def test_times_too_far_apart_and_of_another_unit() -> None:
    far = np.array([-(2**63) + 1, 2**63 - 1]).view("M8[ns]")
    with pytest.raises(ValueError, match="too far apart"):
        dtypes.duration(far)
    assert (far[1] - far[0]).view("i8") == -2
    with pytest.raises(TypeError, match=r"from=datetime64\[s\], to=datetime64\[ns\]"):
        dtypes.duration(times("2024-01-01").astype("M8[s]"))


def test_any_byte_but_0_is_true() -> None:
    flags = np.array([1, 0, 2], "u1").view("?")
    assert dtypes.rust_types(flags) == ["bool"]
    assert dtypes.count_confirmed(flags) == 2


def test_the_other_byte_order_is_copied() -> None:
    swapped = np.array([1.0, -2.0]).astype(np.dtype("f8").newbyteorder())
    assert dtypes.peak_current_of_any_order(swapped) == 2.0
    assert dtypes.is_native(swapped) is False
    assert [dtypes.is_native(np.zeros(2, kind)) for kind in ("f8", "u1", STRIKE)] == [True, None, None]
    message = "not >f8" if sys.byteorder == "little" else "not <f8"
    with pytest.raises(TypeError, match=message):
        dtypes.peak_current(swapped)


@pytest.mark.parametrize("dtype", [None, "O", np.dtypes.StringDType()])
def test_text_of_any_kind(dtype: object) -> None:
    assert dtypes.station_names(np.array(["Ulm", "Bonn"], dtype)) == ["Ulm", "Bonn"]


@pytest.mark.parametrize("names", [np.array([b"Ulm"]), np.array(["Ulm", None], "O")])
def test_what_is_no_text(names: np.ndarray) -> None:
    with pytest.raises(TypeError, match="is not an instance of 'str'"):
        dtypes.station_names(names)


def test_fixed_text_has_one_length_and_may_panic() -> None:
    assert dtypes.fixed_names(np.array(["Ulm", "Bonn"], "U8")) == ["Ulm", "Bonn"]
    with pytest.raises(TypeError, match="type mismatch"):
        dtypes.fixed_names(np.array(["Ulm", "Bonn"]))
    with pytest.raises(BaseException, match="None") as error:
        dtypes.fixed_names(np.array([0xD800] * 8, "u4").view("U8"))
    assert error.typename == "PanicException"


def test_objects_are_read() -> None:
    assert dtypes.longest(np.array(["Ulm", "Bonn"], "O")) == 4
    with pytest.raises(TypeError, match="has no len"):
        dtypes.longest(np.array(["Ulm", None], "O"))


def test_bfloat16_panics_without_a_package_for_it() -> None:
    with pytest.raises(BaseException, match="bfloat16") as error:
        dtypes.is_bfloat16(np.zeros(2))
    assert error.typename == "PanicException"
