"""Groups over tables and streams of four libraries."""

import ctypes
import gc
import os
import random
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import reference
from trip_groups import TripError, TripGroups, TripStreamError, TripTypeError, TripValueError

ZONES = ["Harbour", "Airport", None, "Harbour", "Øst", "Harbour", "Airport", "Harbour"]
TEXT, FLOATS = pa.string(), pa.float64()
FARES = [7.5, 31.0, 4.0, None, 12.0, 8.5, float("nan"), -2.0]
EXPECTED = {
    "Airport": (2, 1, 31.0, 31.0),
    "Harbour": (4, 1, 14.0, 14 / 3),
    "Øst": (1, 0, 12.0, 12.0),
    None: (1, 0, 4.0, 4.0),
}


def result(groups: TripGroups) -> dict[str | None, tuple[int, int, float, float]]:
    rows = pa.table(groups).to_pylist()
    return {row["key"]: (row["trips"], row["missing"], row["total"], row["mean"]) for row in rows}


def close(rows: dict[Any, Any]) -> dict[Any, Any]:
    return {key: pytest.approx(row) for key, row in rows.items()}


def trips(zones: Any = TEXT, fares: Any = FLOATS) -> Any:
    return pa.table({"zone": pa.array(ZONES, zones), "fare": pa.array(FARES, fares)})


def frame() -> pl.DataFrame:
    return pl.DataFrame({"zone": ZONES, "fare": FARES})


def in_duckdb(query: str) -> Any:
    trip_table = trips()  # noqa: F841, the query names it
    return duckdb.connect().sql(query)  # a connection has one result at a time


CALLERS: dict[str, Callable[[], Any]] = {
    "pyarrow table": trips,
    "pyarrow batch": lambda: trips().to_batches()[0],
    "pyarrow reader": lambda: trips().to_reader(max_chunksize=3),
    "pyarrow chunks": lambda: pa.concat_tables([trips().slice(0, 3), trips().slice(3)]),
    "pyarrow structs": lambda: trips().to_struct_array(),
    "pyarrow large text": lambda: trips(pa.large_string()),
    "pyarrow text views": lambda: trips(pa.string_view()),
    "pyarrow dictionary": lambda: trips(pa.dictionary(pa.int8(), pa.string())),
    "pyarrow unsigned codes": lambda: trips(pa.dictionary(pa.uint32(), pa.large_string())),
    "pyarrow half floats": lambda: trips(fares=pa.float16()),
    "polars frame": frame,
    "polars chunks": lambda: pl.concat([frame()[:3], frame()[3:]], rechunk=False),
    "polars categories": lambda: frame().with_columns(pl.col("zone").cast(pl.Categorical)),
    "polars enum": lambda: frame().with_columns(pl.col("zone").cast(pl.Enum(["Øst", "Harbour", "Airport", "Nowhere"]))),
    "duckdb relation": lambda: in_duckdb("from trip_table"),
    "duckdb enum": lambda: in_duckdb("select zone::enum('Øst', 'Airport', 'Harbour') as zone, fare from trip_table"),
    "pandas frame": lambda: pd.DataFrame({"zone": ZONES, "fare": FARES}),
    "pandas categories": lambda: pd.DataFrame({"zone": pd.Categorical(ZONES), "fare": FARES}),
}


@pytest.mark.parametrize("caller", CALLERS)
def test_every_library_can_call(caller: str) -> None:
    groups = TripGroups("zone", "fare")
    assert groups.add(CALLERS[caller]()) == len(ZONES)
    assert result(groups) == close(EXPECTED)


@pytest.mark.parametrize("caller", CALLERS)
def test_tables_are_added_to_tables(caller: str) -> None:
    groups = TripGroups("zone", "fare")
    groups.add(CALLERS[caller]())
    groups.add(trips())
    twice = {key: (2 * row[0], 2 * row[1], 2 * row[2], row[3]) for key, row in EXPECTED.items()}
    assert result(groups) == close(twice)


def test_every_library_takes_the_result() -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips())
    expected = pa.table(groups).to_pylist()
    assert [row["key"] for row in expected] == ["Airport", "Harbour", "Øst", None]
    assert pl.DataFrame(groups).to_dicts() == expected
    assert pd.DataFrame.from_arrow(groups)["trips"].tolist() == [2, 4, 1, 1]
    relation: Any = duckdb.sql("select max(trips) from groups")
    assert relation.fetchall() == [(4,)]


def test_a_requested_type_is_delivered() -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips())
    schema = pa.schema(groups)
    assert schema.names == ["key", "trips", "missing", "total", "mean", "p50", "p95"]
    wanted = schema.set(0, pa.field("key", pa.string_view()))
    assert pa.RecordBatchReader.from_stream(groups, wanted).read_all().schema == wanted


@pytest.mark.parametrize(
    "table",
    [
        trips().slice(8),
        trips().schema.empty_table(),
        pa.RecordBatchReader.from_batches(trips().schema, []),
        trips().to_batches()[0].slice(3, 0),
    ],
)
def test_nothing_is_no_group(table: Any) -> None:
    groups = TripGroups("zone", "fare")
    assert groups.add(table) == 0
    assert len(groups) == 0
    assert pa.table(groups).num_rows == 0


@pytest.mark.parametrize("zones", [pa.string(), pa.dictionary(pa.int16(), pa.string())])
def test_slices_begin_where_they_begin(zones: Any) -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips(zones).slice(1, 3))
    groups.add(trips(zones).to_struct_array().chunk(0)[6:])
    assert result(groups) == close(
        {"Airport": (2, 1, 31.0, 31.0), "Harbour": (2, 1, -2.0, -2.0), None: (1, 0, 4.0, 4.0)}
    )


def test_chunks_may_have_dictionaries_of_their_own() -> None:
    codes = pa.dictionary(pa.int32(), pa.string())
    chunks = [pa.array(part, codes) for part in (["a", "b"], ["b", "c", None])]
    groups = TripGroups("zone", "fare")
    groups.add(pa.table({"zone": pa.chunked_array(chunks), "fare": [1, 2, 3, 4, 5]}))
    assert result(groups) == {
        "a": (1, 0, 1, 1), "b": (2, 0, 5, 2.5), "c": (1, 0, 4, 4), None: (1, 0, 5, 5)
    }  # fmt: skip


def test_values_of_a_dictionary_that_no_row_has_are_no_groups() -> None:
    codes = pa.array([1, 1, 2, None], pa.int8())
    zones = pa.DictionaryArray.from_arrays(codes, pa.array(["unused", "used", None]))
    groups = TripGroups("zone", "fare", max_groups=2)
    groups.add(pa.table({"zone": zones, "fare": [1, 2, 3, 4]}))
    # A null in the dictionary and a null code are the same key.
    assert result(groups) == {"used": (2, 0, 3, 1.5), None: (2, 0, 7, 3.5)}


@pytest.mark.parametrize(
    ("values", "total"),
    [
        (pa.array([1, 2, None], pa.uint8()), 3),
        (pa.array([2**53, 2**53, None], pa.int64()), 2**54),
        (pa.array([Decimal("1.10"), Decimal("2.20"), None]), 3.3),
        (pa.array([timedelta(seconds=90), timedelta(milliseconds=500), None]), 90.5),
        (pa.array([90, 1, None], pa.duration("s")), 91),
        (pa.nulls(3), 0),
    ],
)
def test_numbers_and_durations_are_values(values: Any, total: float) -> None:
    groups = TripGroups("zone", "value")
    groups.add(pa.table({"value": values, "zone": ["a", "a", "a"]}))
    trips, missing, sum_, _ = result(groups)["a"]
    assert (trips, missing) == (3, values.null_count)
    assert sum_ == pytest.approx(total)


def test_all_is_as_in_python() -> None:
    dice = random.Random(7)
    rows = [
        (dice.choice(["a", "b", "c", None]), None if dice.random() < 0.1 else dice.lognormvariate(6, 1))
        for _ in range(200_000)
    ]
    groups = TripGroups("zone", "seconds")
    zones, seconds = zip(*rows, strict=True)
    table = pa.table({"zone": zones, "seconds": seconds})
    assert groups.add(table.to_reader(max_chunksize=70_001)) == len(rows)
    expected = reference.group(rows)
    for row in pa.table(groups).to_pylist():
        group = expected.pop(row["key"])
        assert (row["trips"], row["missing"]) == (group.trips, group.missing)
        assert row["total"] == pytest.approx(sum(group.values))
        assert row["p50"] == pytest.approx(group.quantile(0.5), rel=0.008)
        assert row["p95"] == pytest.approx(group.quantile(0.95), rel=0.008)
    assert not expected


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (pa.table({"zone": ["a"]}), TripValueError, "no column `fare`"),
        (pa.table([["a"], ["b"], [1]], ["zone", "zone", "fare"]), TripValueError, "2 columns `zone`"),
        (trips().rename_columns(["fare", "zone"]), TripTypeError, "`zone` has the type Float64"),
        (pa.table({"zone": ["a"], "fare": ["b"]}), TripTypeError, "`fare` has the type Utf8"),
        (pa.table({"zone": ["a"], "fare": [True]}), TripTypeError, "expected numbers or durations"),
        (pa.array([1, 2]), TripTypeError, "expected a table, found a column of type Int64"),
        (pa.chunked_array([[1, 2]]), TripTypeError, "expected a table"),
        (b"bytes", TripTypeError, "expected a table"),
        (pa.array([{"zone": "a", "fare": 1}, None]), TripValueError, "null as a whole"),
    ],
)
def test_what_cannot_be_grouped_is_refused(table: Any, error: type[Exception], message: str) -> None:
    groups = TripGroups("zone", "fare")
    with pytest.raises(error, match=message) as caught:
        groups.add(table)
    assert isinstance(caught.value, TripError)
    assert len(groups) == 0


@pytest.mark.parametrize("nothing", [None, [("a", 1)], {"zone": ["a"], "fare": [1]}])
def test_other_objects_are_no_tables(nothing: Any) -> None:
    with pytest.raises(ValueError, match="__arrow_c_stream__"):
        TripGroups("zone", "fare").add(nothing)


def test_bytes_that_are_said_to_be_text_are_looked_at() -> None:
    zones = pa.array([b"a", b"\xff"]).view(pa.string())  # pyarrow doesn't look
    groups = TripGroups("zone", "fare")
    for column in (zones, zones.dictionary_encode(), zones.cast(pa.string_view())):
        with pytest.raises(TripValueError, match="`zone` has text that is not UTF-8"):
            groups.add(pa.table({"zone": column, "fare": [1, 2]}))
    assert len(groups) == 0


@pytest.mark.parametrize("code", [2, -1])
def test_codes_outside_of_the_dictionary_are_refused(code: int) -> None:
    zones = pa.DictionaryArray.from_arrays(pa.array([0, code]), pa.array(["a", "b"]), safe=False)
    with pytest.raises(TripValueError, match=f"value {code} of a dictionary that has 2"):
        TripGroups("zone", "fare").add(pa.table({"zone": zones, "fare": [1, 2]}))


def test_more_groups_than_allowed_change_nothing() -> None:
    groups = TripGroups("zone", "fare", max_groups=4)
    groups.add(trips())
    with pytest.raises(TripValueError, match="more than 4 groups"):
        groups.add(pa.table({"zone": ["Harbour", "a fifth"], "fare": [1, 2]}))
    with pytest.raises(TripValueError, match="more than 4 groups"):
        groups.add(pa.table({"zone": [str(number) for number in range(100_000)], "fare": range(100_000)}))
    assert result(groups) == close(EXPECTED)


def failing(error: BaseException) -> Any:
    def batches() -> Iterator[Any]:
        yield trips().to_batches()[0]
        raise error

    return pa.RecordBatchReader.from_batches(trips().schema, batches())


def test_a_stream_that_fails_changes_nothing() -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips())
    with pytest.raises(TripStreamError, match=r"reading the stream failed: .*the depot is closed"):
        groups.add(failing(OSError("the depot is closed")))
    # DuckDB fails before there is a stream.
    with pytest.raises(duckdb.Error, match="too dear"):
        groups.add(in_duckdb("select zone, if(fare > 30, error('too dear'), fare) as fare from trip_table"))
    assert result(groups) == close(EXPECTED)


def test_a_stream_is_read_once() -> None:
    groups, reader = TripGroups("zone", "fare"), trips().to_reader()
    assert (groups.add(reader), groups.add(reader)) == (8, 0)


def test_a_stream_may_come_from_python_and_ask_the_groups() -> None:
    groups = TripGroups("zone", "fare")
    lengths = []

    def batches() -> Iterator[Any]:
        for _ in range(3):
            lengths.append(len(groups))
            yield from trips().to_batches()

    groups.add(pa.RecordBatchReader.from_batches(trips().schema, batches()))
    assert (lengths, len(groups)) == ([0, 0, 0], 4)


class Stream(ctypes.Structure):
    """The C interface: four functions, of which the first two return 0, or an error of the system."""


STEP = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Stream), ctypes.c_void_p)
LAST_ERROR = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(Stream))
RELEASE = ctypes.CFUNCTYPE(None, ctypes.POINTER(Stream))
Stream._fields_ = [
    ("get_schema", STEP), ("get_next", STEP), ("get_last_error", LAST_ERROR), ("release", RELEASE),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip


class Silent:
    """A producer that fails and doesn't say why, which the interface allows."""

    def __init__(self) -> None:
        """Prepare a stream that has a schema and nothing else."""

        def get_schema(_: object, out: int) -> int:
            trips().schema._export_to_c(out)  # noqa: SLF001, the only way into a struct
            return 0

        def release(stream: Any) -> None:
            stream.contents.release = RELEASE()

        self.stream = Stream(STEP(get_schema), STEP(lambda *_: 5), LAST_ERROR(lambda _: None), RELEASE(release), None)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream; whoever calls this keeps the object."""
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        capsule: object = new(ctypes.addressof(self.stream), b"arrow_array_stream", None)
        return capsule


def test_a_producer_that_fails_in_silence_is_no_panic() -> None:
    silent = Silent()
    with pytest.raises(TripStreamError, match="doesn't say why"):
        TripGroups("zone", "fare").add(silent)


def test_nothing_of_a_table_is_kept() -> None:
    before, groups = pa.total_allocated_bytes(), TripGroups("zone", "fare")
    table = trips()
    gone = weakref.ref(table)
    groups.add(table)
    del table
    gc.collect()
    assert gone() is None
    assert pa.total_allocated_bytes() == before


def test_a_result_stays_as_it_was() -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips())
    stream = pa.RecordBatchReader.from_stream(groups)
    groups.add(trips())
    del groups
    assert sum(stream.read_all()["trips"].to_pylist()) == len(ZONES)


def test_a_result_that_nobody_reads_is_released() -> None:
    groups = TripGroups("zone", "fare")
    groups.add(trips())
    for _ in range(10_000):
        groups.__arrow_c_stream__()
        groups.__arrow_c_schema__()


@pytest.mark.parametrize("caller", ["pyarrow reader", "polars frame", "duckdb relation", "pandas frame"])
def test_threads_add_to_the_same_groups(caller: str) -> None:
    groups, tables = TripGroups("zone", "fare"), 40

    def add(_: int) -> int:
        len(groups)
        return groups.add(CALLERS[caller]())

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(tables))) == tables * len(ZONES)
    assert {key: row[0] for key, row in result(groups).items()} == {key: tables * EXPECTED[key][0] for key in EXPECTED}


def test_other_threads_run_meanwhile() -> None:
    zones = pa.array(["a", "b", "c", "d"] * 500_000)
    table = pa.table({"zone": zones, "fare": pc.random(len(zones))})

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            TripGroups("zone", "fare").add(table)
            finished.set()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        meanwhile = not finished.is_set()
        thread.join()
        return meanwhile

    interval = sys.getswitchinterval()
    # Nobody is asked for the interpreter: only who detaches lets others have it.
    sys.setswitchinterval(1000)
    try:
        assert any(runs_meanwhile() for _ in range(5))
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to one process")
def test_ctrl_c_ends_an_endless_stream() -> None:
    program = (
        "import itertools, pyarrow as pa\n"
        "from trip_groups import TripGroups\n"
        "batch = pa.record_batch({'zone': ['a'] * 1000, 'fare': range(1000)})\n"
        "class Endless:\n"
        "    def __arrow_c_stream__(self, requested_schema=None):\n"
        "        reader = pa.RecordBatchReader.from_batches(batch.schema, itertools.repeat(batch))\n"
        "        print('started', flush=True)\n"
        "        return reader.__arrow_c_stream__()\n"
        "try:\n"
        "    TripGroups('zone', 'fare').add(Endless())\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"


def test_groups_can_be_sent_nowhere_but_through_arrow() -> None:
    with pytest.raises(TypeError, match="pickle"):
        TripGroups("zone", "fare").__reduce__()
