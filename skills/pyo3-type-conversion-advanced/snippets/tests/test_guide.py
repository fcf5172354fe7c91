"""The functions of the guide: settings, arrays, buffers and Arrow columns."""

import gc
import sys
from array import array

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from conversion_snippets._core import guide

HUSUM = {"name": "Husum", "position": {"latitude": 54.5, "longitude": 9.0}}


def test_settings_come_in_and_go_back() -> None:
    assert guide.scaled(HUSUM, 2.0) == 2.0
    assert guide.scaled({**HUSUM, "factor": 0.5}, 2.0) == 1.0
    assert guide.opposite(HUSUM) == {
        "name": "Husum",
        "position": {"latitude": 54.5, "longitude": -171.0},
        "factor": 1.0,
    }


def test_settings_that_are_wrong_name_the_place() -> None:
    with pytest.raises(TypeError) as raised:
        guide.scaled({**HUSUM, "position": {"latitude": "54", "longitude": 9.0}}, 1.0)
    error: BaseException | None = raised.value
    messages = []
    while error is not None:
        messages.append(str(error))
        error = error.__cause__
    assert messages == [
        "failed to extract field Gauge.position",
        "failed to extract field Position.latitude",
        "must be real number, not str",
    ]
    with pytest.raises(KeyError, match="name"):
        guide.scaled({"position": HUSUM["position"]}, 1.0)


@pytest.mark.parametrize("dtype", ["f8", "i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_averaged(dtype: str, order: str) -> None:
    levels = np.arange(12, dtype=dtype).reshape(3, 4, order=order)
    np.testing.assert_allclose(guide.row_means(levels), levels.mean(axis=1))
    np.testing.assert_allclose(guide.row_means(levels[::-1, ::2]), levels[::-1, ::2].mean(axis=1))


def test_other_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Float64 \| Int16(.|\n)*from=int64, to=float64"):
        guide.row_means(np.zeros((2, 2), "i8"))
    with pytest.raises(TypeError):
        guide.row_means(np.zeros((2, 2), ">f8"))
    packed = np.zeros(4, np.dtype([("flag", "i1"), ("level", "f8")]))
    with pytest.raises(ValueError, match="not aligned"):
        guide.row_means(packed["level"].reshape(2, 2))


def test_an_array_is_changed_in_place() -> None:
    levels = np.arange(6.0).reshape(2, 3)
    guide.lower(levels[:, ::2], 1.0)
    np.testing.assert_array_equal(levels, [[-1.0, 1.0, 1.0], [2.0, 4.0, 4.0]])
    guide.lower(levels[:0], 1.0)


def test_what_must_not_be_written_is_refused() -> None:
    fixed = np.zeros((2, 2))
    fixed.flags.writeable = False
    with pytest.raises(TypeError, match="not writeable"):
        guide.lower(fixed, 1.0)
    overlapping = np.lib.stride_tricks.as_strided(np.zeros(3), (2, 2), (8, 8))
    with pytest.raises(ValueError, match="overlap"):
        guide.lower(overlapping, 1.0)
    assert not overlapping.any()


@pytest.mark.parametrize(
    "samples",
    [
        array("d", [1.0, 2.0, 3.0]),
        np.array([1.0, 2.0, 3.0]),
        np.array([1.0, 9.0, 2.0, 9.0, 3.0])[::2],
        memoryview(array("d", [1.0, 2.0, 3.0])),
    ],
)
def test_any_buffer_is_read(samples: object) -> None:
    assert guide.count_above(samples, 1.5) == 2


def test_other_buffers_are_refused() -> None:
    for refused in (b"12345678", array("f", [1.0])):
        with pytest.raises(BufferError, match="not compatible"):
            guide.count_above(refused, 0.0)
    with pytest.raises(TypeError):
        guide.count_above([1.0], 0.0)


def test_a_recording_lends_its_memory() -> None:
    recording = guide.record(np.array([[1.0, 2.0]]))
    references = sys.getrefcount(recording)
    first, second = recording.samples, recording.samples
    assert first.ctypes.data == second.ctypes.data
    assert first.base is second.base is recording
    assert sys.getrefcount(recording) == references + 2
    for lent in (first, first[:]):
        with pytest.raises(ValueError, match="read-only"):
            lent[0] = 3.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        first.flags.writeable = True
    del recording
    gc.collect()
    assert first.tolist() == second.tolist() == [[1.0, 2.0]]


COLUMNS = [
    pa.array([1.0, None, 3.0]),
    pa.chunked_array([[1.0], [None, 3.0]]),
    pl.Series([1.0, None, 3.0]),
    pa.array([9.0, 1.0, None, 3.0]).slice(1),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: type(column).__name__)
def test_columns_of_any_library(column: object) -> None:
    assert guide.mean(column) == 2.0
    assert pa.chunked_array(guide.lowered(column, 1.0)).to_pylist() == [0.0, None, 2.0]
    assert pl.Series(guide.lowered(column, 1.0)).to_list() == [0.0, None, 2.0]


def test_columns_without_values_and_of_other_types() -> None:
    assert guide.mean(pa.array([None], pa.float64())) is None
    assert guide.mean(pa.chunked_array([], pa.float64())) is None
    with pytest.raises(TypeError, match="the column is Int64, and must be Float64"):
        guide.mean(pa.array([1]))
    with pytest.raises(ValueError, match="__arrow_c_array__"):
        guide.mean([1.0])
    # An array of NumPy is taken as a buffer, in whatever byte order.
    assert guide.mean(np.array([1.0, 2.0])) == 1.5
    assert guide.mean(np.array([1.0, 2.0], ">f8")) != 1.5


def test_more_dimensions_than_ndarray_has_are_a_panic() -> None:
    with pytest.raises(BaseException, match="expected to limit arrays to 32"):
        guide.size(np.zeros((1,) * 33))


def test_a_table_is_taken_by_all() -> None:
    table = guide.tides([3.0], [1.0])
    assert pa.table(table).to_pydict() == {"high": [3.0], "low": [1.0]}
    assert pl.DataFrame(table).to_dict(as_series=False) == {"high": [3.0], "low": [1.0]}
    with pytest.raises(Exception, match="same length"):
        guide.tides([3.0], [])
