"""Aggregate a Parquet file of 1 GB, and measure time and peak memory of each way in a process of its own.

It needs Linux and a release build: `maturin build --release`, install the wheel, and run this file. The file is in a
temporary folder and removed again; `python measure_parquet.py 100` makes one of 100 MB.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 1 << 18
TARIFFS = ["day", "night", "heat pump", "solar"]


def batches(megabytes: int) -> Iterator[object]:
    """Yield readings that don't compress: at least 17 bytes each in the file."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(1)
    tariffs = pa.array(TARIFFS)
    for number in range(megabytes * 1_000_000 // (17 * ROWS) + 1):
        yield pa.record_batch(
            {
                "meter": random.integers(0, 1 << 31, ROWS, dtype=np.int32),
                "hour": np.arange(number * ROWS, (number + 1) * ROWS),
                "tariff": tariffs.take(pa.array(random.integers(0, 4, ROWS))),
                "kwh": random.random(ROWS),
            }
        )


def write(path: Path, megabytes: int) -> int:
    """Write the file and return the number of row groups."""
    import pyarrow as pa
    from conversion_snippets._core import parquet_data

    schema = pa.schema({"meter": pa.int32(), "hour": pa.int64(), "tariff": pa.string(), "kwh": pa.float64()})
    return parquet_data.write(pa.RecordBatchReader.from_batches(schema, batches(megabytes)), path)


def rust(path: str) -> object:
    """Aggregate with the function of the chapter."""
    from conversion_snippets._core import parquet_data

    return parquet_data.consumption(path)


def rust_file(path: str) -> object:
    """Aggregate what Python's file object reads."""
    from conversion_snippets._core import parquet_data

    with Path(path).open("rb") as file:
        return parquet_data.consumption_of(file)


def pyarrow_batches(path: str) -> object:
    """Aggregate batch by batch with pyarrow."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [
        pa.table(batch).group_by("tariff").aggregate([("kwh", "count"), ("kwh", "sum")])
        for batch in pq.ParquetFile(path).iter_batches(8192 * 16, columns=["tariff", "kwh"])
    ]
    return pa.concat_tables(parts).group_by("tariff").aggregate([("kwh_count", "sum"), ("kwh_sum", "sum")])


def pyarrow_table(path: str) -> object:
    """Read two columns into memory with pyarrow, then aggregate."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["tariff", "kwh"])
    return table.group_by("tariff").aggregate([("kwh", "count"), ("kwh", "sum")])


def polars_stream(path: str) -> object:
    """Aggregate with polars' streaming engine."""
    import polars as pl

    frame = pl.scan_parquet(path).group_by("tariff").agg(pl.len(), pl.col("kwh").sum())
    return frame.collect(engine="streaming")


def duckdb_sql(path: str) -> object:
    """Aggregate with DuckDB."""
    import duckdb

    readings = duckdb.read_parquet(path)
    return readings.aggregate("tariff, count(*), sum(kwh)").fetchall()


WAYS = [rust, rust_file, pyarrow_batches, pyarrow_table, polars_stream, duckdb_sql]


def measure(way: str, path: str) -> None:
    """Run one way, and print its seconds and the most memory that the process had."""
    function = next(function for function in WAYS if function.__name__ == way)
    start = perf_counter()
    function(path)
    seconds = perf_counter() - start
    print(f"{seconds:.2f} {peak():.0f}")


def peak() -> float:
    """Return the most memory that this process had, in MB: `ru_maxrss` would begin with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def in_child(*arguments: str) -> list[str]:
    """Run this file again and return what it prints."""
    command = [sys.executable, __file__, *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout.split()


def main(arguments: list[str]) -> None:
    """Write the file, and print a line for each way; children of this process do one of the steps."""
    match arguments:
        case ["write", megabytes, path]:
            print(write(Path(path), int(megabytes)))
        case [way, path]:
            measure(way, path)
        case _:
            compare(arguments[0] if arguments else "1000")


def compare(megabytes: str) -> None:
    """Print a line for each way: the best time and the highest peak of two runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/readings.parquet"
        (groups,) = in_child("write", megabytes, path)
        print(f"{Path(path).stat().st_size / 1e6:,.0f} MB in {groups} row groups")
        print(f"{'':<20}{'seconds':>10}{'peak MB':>10}")
        for way in WAYS:
            runs = [in_child(way.__name__, path) for _ in range(2)]
            seconds, peak = min(float(run[0]) for run in runs), max(int(run[1]) for run in runs)
            print(f"{way.__name__.replace('_', ' '):<20}{seconds:>10.2f}{peak:>10}")


if __name__ == "__main__":
    main(sys.argv[1:])
