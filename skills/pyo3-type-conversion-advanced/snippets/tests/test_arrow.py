"""What comes in and goes out by Arrow's capsules, without copies, and how errors arrive."""

import gc
import math
import threading
from collections.abc import Iterator

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conversion_snippets._core import arrow_data

LEVELS = [1.25, None, 3.5, 2.0]


def address(array: pa.Array) -> int:
    return array.buffers()[1].address


@pytest.mark.parametrize(
    "levels",
    [
        pa.array(LEVELS),
        pa.chunked_array([LEVELS[:2], [], LEVELS[2:]]),
        pa.array([1, None, 3.5], pa.float32()),
        pl.Series(LEVELS),
        pd.Series([1.25, 3.5, 2.0]),
        np.array([1.25, 3.5]),
        memoryview(np.array([1.25, 3.5])),
    ],
    ids=lambda levels: f"{type(levels).__module__}.{type(levels).__name__}",
)
def test_an_array_or_a_stream(levels: object) -> None:
    assert arrow_data.highest(levels) == 3.5


def test_nothing_but_nulls() -> None:
    assert arrow_data.highest(b"\x03\x07") == 7.0
    assert arrow_data.highest(pa.array([None, None], pa.float64())) is None
    assert arrow_data.highest(pa.chunked_array([], pa.float64())) is None


def test_a_requested_type_makes_nulls_of_what_does_not_fit() -> None:
    counts = arrow_data.same(pa.array([300, 1]))
    assert pa.array(counts, type=pa.int8()).to_pylist() == [None, 1]


@pytest.mark.parametrize("nan", [math.nan, -math.nan])
def test_nan_does_not_count(nan: float) -> None:
    assert arrow_data.highest(pa.chunked_array([[nan], [1.0, nan], [nan]])) == 1.0
    assert arrow_data.highest(pa.chunked_array([[nan]])) is None


@pytest.mark.parametrize("levels", [[1.0], (1.0,), 1.0, None, "levels"])
def test_what_is_neither(levels: object) -> None:
    with pytest.raises((ValueError, TypeError), match="__arrow_c_array__ or __arrow_c_stream__"):
        arrow_data.highest(levels)


def test_values_are_not_copied() -> None:
    levels = pa.array([1.0, 2.0, 3.0])
    assert arrow_data.address(levels) == address(levels)
    assert arrow_data.address(levels[1:]) in (address(levels), address(levels) + 8)
    array = np.array([1.0, 2.0])
    assert arrow_data.address(array) == array.__array_interface__["data"][0]
    assert address(pa.array(arrow_data.same(levels))) == address(levels)
    chunk = pa.chunked_array(pl.Series([1.0, 2.0])).chunk(0)
    assert arrow_data.address(chunk) == address(chunk)


def test_tables_of_all_kinds() -> None:
    table = pa.table({"count": [1, 2, 3]})
    for source in (
        table,
        table.to_batches()[0],
        table.to_reader(),
        pl.DataFrame(table),
        pd.DataFrame({"count": [1, 2, 3]}),
    ):
        assert arrow_data.total(source, "count") == 6
    with pytest.raises(ValueError, match='Unable to get field named "sum"'):
        arrow_data.total(table, "sum")
    with pytest.raises(TypeError, match="`count` is Utf8, not Int64"):
        arrow_data.total(pa.table({"count": ["1"]}), "count")


def test_which_class_takes_which() -> None:
    table = pa.table({"count": [1, 2, 3]})
    batch = table.to_batches()[0]
    assert arrow_data.rows(batch) == 3
    assert arrow_data.rows(batch.to_struct_array()) == 3
    with pytest.raises(ValueError, match="Expected an object with dunder __arrow_c_array__"):
        arrow_data.rows(table)
    assert arrow_data.batch_rows(table) == [3]
    assert arrow_data.batch_rows(batch) == [3]
    with pytest.raises(ValueError, match="Expected an object with dunder __arrow_c_stream__"):
        arrow_data.batch_rows(batch.to_struct_array())


def test_the_field_goes_with_the_array() -> None:
    field = pa.field("level", pa.float64(), metadata={"unit": "m"})
    levels = pa.record_batch([pa.array([0.3048, None])], schema=pa.schema([field]))
    feet = arrow_data.to_feet(levels["level"])
    assert pa.array(feet).to_pylist() == [1.0, None]
    assert pl.Series(feet).to_list() == [1.0, None]
    assert pd.Series.from_arrow(feet).tolist()[0] == 1.0
    with pytest.raises(TypeError, match="levels must be float64"):
        arrow_data.to_feet(pa.array([1]))


def test_a_returned_array_is_named_after_arro3_and_its_methods_need_it() -> None:
    feet = arrow_data.to_feet(pa.array([1.0]))
    assert (type(feet).__module__, type(feet).__name__) == ("arro3.core._core", "Array")
    assert len(feet) == 1
    assert not hasattr(arrow_data, "Array")
    with pytest.raises(ModuleNotFoundError, match="arro3"):
        feet.slice(0, 1)
    with pytest.raises(ModuleNotFoundError, match="arro3"):
        next(arrow_data.forecast(1, 0.0))


def test_a_stream_is_lazy_and_can_be_read_once() -> None:
    stream = arrow_data.forecast(4_000_000_000, 2.0)
    reader = pa.RecordBatchReader.from_stream(stream)
    assert reader.read_next_batch().num_rows == 24
    assert reader.read_next_batch().num_rows == 24
    with pytest.raises(OSError, match="Cannot read from closed stream"):
        pa.RecordBatchReader.from_stream(stream)
    assert pl.DataFrame(arrow_data.forecast(3, 2.0)).shape == (72, 1)


def test_a_class_that_exports() -> None:
    log = arrow_data.GaugeLog([[1.0, None], [], [3.0]])
    for _ in range(2):
        levels = pa.chunked_array(log)
        assert [len(chunk) for chunk in levels.chunks] == [2, 0, 1]
        assert levels.to_pylist() == [1.0, None, 3.0]
    assert pa.schema([pa.field(log)]) == pa.schema([pa.field("level", pa.float64())])
    assert pl.Series(log).to_list() == [1.0, None, 3.0]
    assert arrow_data.highest(log) == 3.0
    assert pa.array(log.first()).to_pylist() == [1.0, None]


def test_a_requested_type_is_a_wish() -> None:
    log = arrow_data.GaugeLog([[1.5]])
    assert pa.chunked_array(log, type=pa.float32()).type == pa.float32()
    assert pa.array(log.first(), type=pa.int64()).to_pylist() == [1]
    capsule = log.__arrow_c_stream__(pa.list_(pa.int8()).__arrow_c_schema__())
    assert "arrow_array_stream" in repr(capsule)
    with pytest.raises((pa.ArrowInvalid, TypeError, ValueError, NotImplementedError)):
        pa.chunked_array(log, type=pa.struct([("a", pa.int8())]))


def test_errors_of_arrow_are_plain_exceptions_unless_mapped() -> None:
    with pytest.raises(Exception, match="the column is missing") as caught:
        arrow_data.plain_failure()
    assert type(caught.value) is Exception


def failing() -> pa.RecordBatchReader:
    schema = pa.schema([("count", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([1])], schema=schema)
        raise ConnectionResetError("the gauge hung up")

    return pa.RecordBatchReader.from_batches(schema, batches())


def test_an_exception_behind_a_stream_arrives_as_text() -> None:
    with pytest.raises(ValueError, match="ConnectionResetError: the gauge hung up"):
        arrow_data.total(failing(), "count")
    with pytest.raises(Exception, match="the gauge hung up") as caught:
        arrow_data.batch_rows(failing())
    assert type(caught.value) is Exception


def test_a_stream_of_python_is_read_while_detached() -> None:
    schema = pa.schema([("count", pa.int64())])
    threads = []

    def batches() -> Iterator[pa.RecordBatch]:
        for number in range(3):
            thread = threading.Thread(target=threads.append, args=(number,))
            thread.start()
            thread.join()
            yield pa.record_batch([pa.array([number])], schema=schema)

    assert arrow_data.total(pa.RecordBatchReader.from_batches(schema, batches()), "count") == 3
    assert threads == [0, 1, 2]


def test_numpy_may_change_what_arrow_takes_for_constant() -> None:
    levels = np.array([1.0, 2.0])
    kept = arrow_data.Kept(levels)
    levels[0] = 7.0
    assert kept.first() == 7.0
    with pytest.raises(ValueError, match="cannot resize an array"):
        levels.resize(1000, refcheck=True)
    del levels
    gc.collect()
    assert kept.first() == 7.0
    with pytest.raises(ValueError, match="__arrow_c_array__"):
        arrow_data.highest(np.array([1.0, 2.0, 3.0])[::2])
    with pytest.raises(ValueError, match="__arrow_c_array__"):
        arrow_data.highest(np.array([True]).astype("M8[s]"))


def test_memory_is_held_until_the_array_is_dropped() -> None:
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    levels = pa.array(np.arange(100_000.0)).cast(pa.float32()).cast(pa.float64())
    kept = arrow_data.Kept(levels)
    del levels
    gc.collect()
    assert pool.bytes_allocated() - before >= 800_000
    assert kept.highest() == 99_999.0
    slice_of_it = arrow_data.Kept(pa.array(arrow_data.same(kept.array())).slice(0, 1))
    del kept
    gc.collect()
    assert pool.bytes_allocated() - before >= 800_000
    del slice_of_it
    gc.collect()
    assert pool.bytes_allocated() == before
