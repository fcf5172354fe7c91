"""What is read of a Parquet file, how much memory that takes, and which errors arrive."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conversion_snippets._core import parquet_data

TOTALS = {"day": (2, 3.5), "night": (1, 4.0)}
CHILD = """
from pathlib import Path
from conversion_snippets._core import parquet_data

def peak() -> int:
    # `ru_maxrss` of a child begins with what its parent had.
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before = peak()
totals = parquet_data.{call}
print(peak() - before)
"""


def readings() -> pa.Table:
    return pa.table(
        {
            "meter": pa.array([7, 8, 7, 9], pa.int32()),
            "hour": pa.array([1, 1, 2, 2]),
            "tariff": ["day", "night", "day", None],
            "kwh": [1.5, 4.0, 2.0, 9.0],
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "readings.parquet"
    pq.write_table(readings(), path)
    return path


def write_one_row_group(path: Path, rows: int) -> Path:
    random = np.random.default_rng(1)
    table = pa.table(
        {
            "meter": random.integers(0, 1 << 31, rows, dtype=np.int32),
            "kwh": random.random(rows),
            "tariff": pa.array(["day", "night"]).take(pa.array(random.integers(0, 2, rows))),
        }
    )
    pq.write_table(table, path, row_group_size=rows)
    assert pq.ParquetFile(path).num_row_groups == 1
    return path


def peak_kilobytes(call: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", CHILD.format(call=call)], check=True, capture_output=True, encoding="utf-8"
    )
    return int(done.stdout)


def test_totals_by_tariff(path: Path) -> None:
    for batch_rows in (1, 3, 8192):
        assert parquet_data.consumption(path, batch_rows=batch_rows) == TOTALS
    with path.open("rb") as file:
        assert parquet_data.consumption_of(file, batch_rows=2) == TOTALS
    assert parquet_data.consumption_of(io.BytesIO(path.read_bytes())) == TOTALS


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small = write_one_row_group(tmp_path / "small.parquet", 500_000)
    large = write_one_row_group(tmp_path / "large.parquet", 8_000_000)
    assert large.stat().st_size > 95_000_000
    little = peak_kilobytes(f"consumption({str(small)!r})")
    # A fifth of the file, as 200 MB are of 1 GB.
    assert peak_kilobytes(f"consumption({str(large)!r})") < min(19_000, little + 2_000)
    assert peak_kilobytes(f"consumption_of(open({str(small)!r}, 'rb'))") < little + 2_000


@pytest.mark.parametrize(
    "column",
    [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_types_follow_the_parquet_schema(tmp_path: Path, column: pa.DataType) -> None:
    table = readings()
    place = table.schema.get_field_index("tariff")
    path = tmp_path / "cast.parquet"
    pq.write_table(table.set_column(place, "tariff", table["tariff"].cast(column)), path)
    assert parquet_data.consumption(path) == TOTALS
    as_written = parquet_data.column_types(path, skip_arrow_metadata=False)[place]
    assert as_written != "Utf8"
    assert parquet_data.column_types(path, skip_arrow_metadata=True)[place] == "Utf8"


def test_a_column_that_is_missing(tmp_path: Path, path: Path) -> None:
    assert parquet_data.columns_selected(path, ["kwh", "tarif", "meter"]) == ["meter", "kwh"]
    other = tmp_path / "other.parquet"
    pq.write_table(readings().drop_columns("kwh"), other)
    with pytest.raises(ValueError, match="there is no column `kwh`"):
        parquet_data.consumption(other)


def test_a_name_with_a_dot(tmp_path: Path) -> None:
    path = tmp_path / "dots.parquet"
    pq.write_table(pa.table({"a.b": [1], "a": [{"b": 1, "c": 2}]}), path)
    assert parquet_data.columns_selected(path, ["a.b"]) == ["a"]


def test_peaks_skip_row_groups_by_statistics(tmp_path: Path) -> None:
    path = tmp_path / "sorted.parquet"
    table = pa.table(
        {
            "meter": pa.array(range(1000), pa.int32()),
            "hour": range(1000),
            "kwh": np.arange(1000) / 10,
            "tariff": ["day"] * 1000,
        }
    )
    pq.write_table(table, path, row_group_size=100)
    assert parquet_data.groups_above(path, 75.0) == [7, 8, 9]
    peaks = pa.table(parquet_data.peaks(path, above=75.0, batch_rows=10))
    assert peaks.column_names == ["meter", "hour", "kwh"]
    assert peaks["kwh"].to_pylist() == pytest.approx([n / 10 for n in range(751, 1000)])
    assert pl.DataFrame(parquet_data.peaks(path, above=99.85))["meter"].to_list() == [999]
    pq.write_table(table, path, row_group_size=100, write_statistics=False)
    assert parquet_data.groups_above(path, 75.0) == list(range(10))


def test_the_predicate_is_evaluated_when_the_reader_is_built(path: Path, tmp_path: Path) -> None:
    names = pq.ParquetFile(path).schema_arrow.names
    column = pq.ParquetFile(path).metadata.row_group(0).column(names.index("kwh"))
    damaged = bytearray(path.read_bytes())
    start = column.dictionary_page_offset or column.data_page_offset
    damaged[start : start + 16] = b"\xff" * 16
    (tmp_path / "damaged.parquet").write_bytes(damaged)
    with pytest.raises(ValueError):  # noqa: PT011 - not when the stream is read
        parquet_data.peaks(tmp_path / "damaged.parquet", above=-1.0)


def test_statistics_may_be_missing_for_nan(tmp_path: Path) -> None:
    path = tmp_path / "nan.parquet"
    pq.write_table(pa.table({"kwh": [1.0, float("nan")]}), path)
    assert parquet_data.groups_above(path, 0.5) == [0]


class Failing(io.BytesIO):
    """Raises when it has been read for a while."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads > self.allowed:
            raise ConnectionResetError("the meter's server hung up")
        return super().read(size)


@pytest.mark.parametrize("allowed", [0, 1, 2, 3])
def test_an_exception_of_the_file_arrives_as_it_is(path: Path, allowed: int) -> None:
    file = Failing(path.read_bytes())
    file.allowed = allowed
    with pytest.raises(ConnectionResetError, match="hung up"):
        parquet_data.consumption_of(file)


class Counting(io.BytesIO):
    reads = size = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.reads, self.size = self.reads + 1, self.size + len(data)
        return data


def test_how_often_a_file_is_read(tmp_path: Path) -> None:
    file = Counting(write_one_row_group(tmp_path / "readings.parquet", 1_000_000).read_bytes())
    parquet_data.consumption_of(file)
    assert 10 < file.reads / (file.size / 1e6) < 40


class Short(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 3))


def test_a_file_may_return_less_than_asked_for(path: Path) -> None:
    assert parquet_data.consumption_of(Short(path.read_bytes())) == TOTALS
    with pytest.raises(TypeError, match="'str' object is not an instance of 'bytes'"):
        parquet_data.consumption_of(io.StringIO("PAR1" * 10))


def test_what_is_no_parquet_file(tmp_path: Path, path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        parquet_data.consumption(tmp_path / "missing.parquet")
    with pytest.raises(IsADirectoryError):
        parquet_data.consumption(tmp_path)
    damaged = tmp_path / "damaged.parquet"
    data = path.read_bytes()
    for content in (b"", b"meter,hour\n" * 9, data[:-30], data[: len(data) // 2]):
        damaged.write_bytes(content)
        with pytest.raises(ValueError, match=r"Parquet error|EOF"):
            parquet_data.consumption(damaged)


def test_a_codec_is_a_feature_of_the_crate(tmp_path: Path) -> None:
    path = tmp_path / "zstd.parquet"
    pl.DataFrame(readings()).write_parquet(path)
    with pytest.raises(ValueError, match="zstd"):
        parquet_data.consumption(path)
    pl.DataFrame(readings()).write_parquet(path, compression="snappy")
    assert parquet_data.consumption(path) == TOTALS


def test_write_streams(tmp_path: Path) -> None:
    path = tmp_path / "written.parquet"
    table = readings()
    stream = parquet_data.repeat(table, 5)
    assert parquet_data.write(stream, path, group_rows=6) == 4
    assert pq.read_table(path).equals(pa.concat_tables([table] * 5))
    assert [pq.ParquetFile(path).metadata.row_group(n).num_rows for n in range(4)] == [6, 6, 6, 2]
    assert parquet_data.write(pl.DataFrame(table), path) == 1
    with pytest.raises(ValueError, match="`group_rows` must be positive"):
        parquet_data.write(table, path, group_rows=0)


def test_what_a_stream_raises_ends_the_file(tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from readings().to_batches()
        raise RuntimeError("no more readings")

    path = tmp_path / "half.parquet"
    stream = pa.RecordBatchReader.from_batches(readings().schema, batches())
    with pytest.raises(ValueError, match="no more readings"):
        parquet_data.write(stream, path)
    with pytest.raises(ValueError, match=r"Parquet error|EOF"):
        parquet_data.consumption(path)


def test_batches_end_at_batch_rows_and_cross_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "groups.parquet"
    pq.write_table(pa.table({"kwh": [1.0] * 10}), path, row_group_size=4)
    assert parquet_data.rows(path, 3) == [3, 3, 3, 1]
    assert parquet_data.rows(path, 100) == [10]
