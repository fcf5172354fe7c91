"""Which interfaces polars, pandas, pyarrow, DuckDB and NumPy have, and which of them copy."""

import datetime as dt
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conversion_snippets._core import arrow_data, neighbours

TIMES = [7800.5, None, 7650.0, 7800.5]
PLACES = [2, None, 1, 2]
INTERFACES = ("__arrow_c_array__", "__arrow_c_stream__", "__dlpack__", "__array_interface__")


def address(array: object, buffer: int = 1) -> int:
    chunks = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array(array)
    return chunks.chunk(0).buffers()[buffer].address


def numpy_address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


class Stream:
    """Something that has a stream and nothing else, and counts how often it is asked for."""

    def __init__(self, source: object) -> None:
        self.source, self.asked = source, 0

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        self.asked += 1
        return self.source.__arrow_c_stream__(requested_schema)


class WithSchema(Stream):
    """Also says what its stream will hold."""

    def __arrow_c_schema__(self) -> object:
        return self.source.schema.__arrow_c_schema__()


def results(count: int = 4) -> pa.Table:
    return pa.table({"runner": range(count), "time": (TIMES * count)[:count]})


def relation(query: str) -> duckdb.DuckDBPyRelation:
    return duckdb.connect().sql(query)


@pytest.mark.parametrize(
    ("value", "array", "stream", "dlpack", "numpy"),
    [
        (pa.array([1]), True, False, True, False),
        (pa.chunked_array([[1]]), False, True, False, False),
        (pa.record_batch({"a": [1]}), True, True, False, False),
        (pa.table({"a": [1]}), False, True, False, False),
        (pl.Series([1]), False, True, False, False),
        (pl.DataFrame({"a": [1]}), False, True, False, False),
        (pl.LazyFrame({"a": [1]}), False, False, False, False),
        (pd.Series([1]), False, True, False, False),
        (pd.DataFrame({"a": [1]}), False, True, False, False),
        (pd.Index([1]), False, False, False, False),
        (relation("select 1"), False, True, False, False),
        (np.zeros(1), False, False, True, True),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, bool) else "",
)
def test_which_interface_each_has(value: object, array: bool, stream: bool, dlpack: bool, numpy: bool) -> None:
    assert tuple(hasattr(value, name) for name in INTERFACES) == (array, stream, dlpack, numpy)


@pytest.mark.parametrize(
    "times",
    [
        pa.array(TIMES),
        pa.chunked_array([TIMES[:1], TIMES[1:]]),
        pl.Series(TIMES),
        pd.Series(TIMES),
        np.array([7800.5, np.nan, 7650.0, 7800.5]),
    ],
    ids=lambda times: f"{type(times).__module__}.{type(times).__name__}",
)
def test_one_function_for_all(times: object) -> None:
    assert pa.array(neighbours.places(times)).to_pylist() == PLACES


def test_a_column_of_duckdb_is_a_table_of_one() -> None:
    times = relation("select * from (values (7800.5::double), (null), (7650.0), (7800.5)) as results(time)")
    places = neighbours.places(pa.table(times)["time"])
    assert pa.array(places).to_pylist() == PLACES


def test_results_of_the_caller_s_library() -> None:
    series = neighbours.places_like(pl.Series(TIMES))
    assert isinstance(series, pl.Series)
    assert (series.name, series.to_list()) == ("place", PLACES)
    series = neighbours.places_like(pd.Series(TIMES))
    assert isinstance(series, pd.Series)
    assert series.isna().tolist() == [False, True, False, False]
    assert isinstance(neighbours.places_like(pa.array(TIMES)), pa.Array)


def test_how_each_takes_what_has_only_capsules() -> None:
    table = Stream(results())
    assert pa.table(table).num_rows == pl.DataFrame(table).height == len(pd.DataFrame.from_arrow(table)) == 4
    places = neighbours.places(pa.array(TIMES))
    assert pa.array(places).to_pylist() == pl.Series(places).to_list() == PLACES
    assert len(pd.Series.from_arrow(places)) == 4
    assert np.asarray(neighbours.places(pa.array([2.0, 1.0]))).tolist() == [2, 1]


def test_duckdb_asks_more_than_once() -> None:
    table = Stream(results())
    connection = duckdb.connect()
    connection.register("results", table)
    assert connection.sql("select count(*) from results").fetchall() == [(4,)]
    assert table.asked > 1
    connection.register("places", neighbours.Results([3, 1, 2]))
    assert connection.sql("select max(place) from places").fetchall() == [(3,)]
    assert connection.sql("select min(place) from places").fetchall() == [(1,)]


def test_duckdb_reads_a_reader_with_a_schema_once() -> None:
    connection = duckdb.connect()
    connection.register("places", neighbours.once(neighbours.Results([3, 1, 2])))
    assert connection.sql("select max(place) from places").fetchall() == [(3,)]
    with pytest.raises(duckdb.InvalidInputException, match="Stream already closed"):
        connection.sql("select max(place) from places").fetchall()
    table = WithSchema(results())
    connection.register("results", table)
    assert connection.sql("select count(*) from results").fetchall() == [(4,)]
    assert table.asked == 1


def test_polars_shares_numbers_and_lays_text_out_anew() -> None:
    series = pl.Series([1.5, 2.5])
    assert address(series) == numpy_address(series.to_numpy())
    numbers, text = pa.array([1.5, 2.5]), pa.array(["more than twelve bytes"])
    assert address(pl.Series(numbers)) == address(numbers)
    assert pa.chunked_array(pl.Series(text)).type == pa.string_view()
    assert address(pl.Series(text), buffer=2) == address(text, buffer=2)
    assert address(pl.Series(text)) != address(text)
    views = text.cast(pa.string_view())
    assert address(pl.Series(views)) == address(views)
    array = np.arange(3.0)
    assert address(pl.Series(array)) == numpy_address(array)
    joined = pl.concat([pl.Series([1.0]), pl.Series([2.0])], rechunk=False)
    assert pa.chunked_array(joined).num_chunks == 2


def test_pandas_shares_numbers_and_makes_nulls_of_nan() -> None:
    series = pd.Series([1.5, 2.5])
    assert address(series) == numpy_address(series.to_numpy())
    gaps = pd.Series([1.5, np.nan])
    assert pa.chunked_array(gaps).null_count == 1
    assert address(gaps) == numpy_address(gaps.to_numpy())
    rows = pd.DataFrame(np.arange(6.0).reshape(3, 2), columns=["a", "b"])
    assert address(rows["a"]) == numpy_address(rows["a"].to_numpy())
    strided = pd.Series(np.arange(6.0)[::2], copy=False)
    assert address(strided) != numpy_address(strided.to_numpy())
    assert pa.chunked_array(pd.Series(["a", "b"])).type == pa.large_string()
    with pytest.raises(pa.ArrowInvalid, match="Could not convert"):
        pa.chunked_array(pd.Series([1, "a"], dtype=object))
    with pytest.raises(pa.ArrowTypeError, match="Expected bytes"):
        pa.chunked_array(pd.Series(["a", 1], dtype=object))


def test_pandas_exports_its_index_as_a_column() -> None:
    frame = pd.DataFrame({"time": [1.0]}, index=["Ada"])
    assert pa.RecordBatchReader.from_stream(frame).schema.names == ["time", "__index_level_0__"]
    assert pa.RecordBatchReader.from_stream(pd.DataFrame({"time": [1.0]})).schema.names == ["time"]


def test_what_pandas_makes_of_arrow() -> None:
    table = pa.table({"time": [1.0, 2.0], "place": pa.array([1, None], pa.int64())})
    frame = pd.DataFrame.from_arrow(table)
    assert frame.dtypes.astype(str).to_dict() == {"time": "float64", "place": "float64"}
    assert numpy_address(frame["time"].to_numpy()) != address(table["time"])
    text = pa.array(["Ada"])
    series = pd.Series.from_arrow(text)
    assert address(series, buffer=2) == address(text, buffer=2)
    assert address(series) != address(text)


def test_duckdb_streams_in_batches() -> None:
    reader = pa.RecordBatchReader.from_stream(relation("select range::double as time from range(300_000)"))
    assert sum(batch.num_rows for batch in reader) == 300_000
    query = relation("select 1::hugeint as big, 1.5::decimal(9, 2) as money, current_timestamp as now, uuid() as id")
    types = pa.RecordBatchReader.from_stream(query).schema.types
    assert types[:2] == [pa.decimal128(38, 0), pa.decimal128(9, 2)]
    assert types[2].tz is not None
    assert types[3] == pa.string()


def test_polars_has_microseconds_by_default() -> None:
    assert pa.chunked_array(pl.Series([dt.datetime(2026, 1, 1)])).type == pa.timestamp("us")


def test_nothing_is_copied_on_the_way_through_rust() -> None:
    series = pl.Series([1.5, 2.5])
    chunk = pa.chunked_array(series).chunk(0)
    assert arrow_data.address(chunk) == address(series)
    assert address(pl.Series(arrow_data.same(chunk))) == address(series)


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import duckdb, numpy as np, pandas as pd, polars as pl
from conversion_snippets._core import arrow_data, neighbours
assert pl.Series(neighbours.places(pl.Series([2.0, 1.0]))).to_list() == [2, 1]
assert np.asarray(neighbours.places(np.array([2.0, 1.0]))).tolist() == [2, 1]
assert arrow_data.total(duckdb.sql("select 7::bigint as runners"), "runners") == 7
for action in (lambda: neighbours.places(pd.Series([1.0])), lambda: pd.Series.from_arrow(neighbours.Results([1]))):
    try:
        action()
    except ImportError as error:
        print(error)
"""


def test_only_pandas_needs_pyarrow() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.count("`Import pyarrow` failed") == 2


STREAMED = """
from pathlib import Path
import duckdb
from conversion_snippets._core import arrow_data

def peak() -> int:
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

duckdb.sql("select 1").fetchall()
before = peak()
assert arrow_data.total(duckdb.sql("select range as metres from range(20_000_000)"), "metres") > 0
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_query_of_duckdb_is_streamed() -> None:
    done = subprocess.run([sys.executable, "-c", STREAMED], check=True, capture_output=True, encoding="utf-8")
    assert int(done.stdout) < 60_000
