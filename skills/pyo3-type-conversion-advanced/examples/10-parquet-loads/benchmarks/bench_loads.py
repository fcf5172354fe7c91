"""The package beside pyarrow with NumPy, and beside Python."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parquet_loads import load_profile
from pytest_benchmark.fixture import BenchmarkFixture

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import readings

METERS, READINGS = 60, 35_040  # a year of quarters of an hour


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of two million readings."""
    path = tmp_path_factory.mktemp("bench") / "readings.parquet"
    readings.write(path, METERS, READINGS)
    return path


def with_pyarrow(path: Path) -> Any:
    """Read all of it, and take differences of whole columns."""
    table = pq.read_table(path, columns=["meter", "time", "register"])
    meter = table["meter"].combine_chunks().dictionary_encode()
    meter = (meter.combine_chunks() if isinstance(meter, pa.ChunkedArray) else meter).indices.to_numpy()
    time = table["time"].to_numpy().astype("i8")
    register = table["register"].to_numpy()
    used, apart = np.diff(register), np.diff(time)
    good = (np.diff(meter) == 0) & (used >= 0) & (apart > 0) & (apart <= 7_200_000_000)
    hours, places = np.unique((time[1:][good] - 1) // 3_600_000_000, return_inverse=True)
    return pa.table({"start": hours, "energy": np.bincount(places, used[good])})


def in_python(path: Path) -> Any:
    """Read row by row."""
    columns = ["meter", "time", "register"]
    batches = pq.ParquetFile(path).iter_batches(columns=columns)
    rows = (row for batch in batches for row in zip(*(batch[name].to_pylist() for name in columns), strict=True))
    return readings.load_profile(rows)


@pytest.mark.benchmark(group="a profile of two million readings")
@pytest.mark.parametrize("load", [load_profile, with_pyarrow], ids=["parquet-loads", "pyarrow and NumPy"])
def test_load(benchmark: BenchmarkFixture, load: Any, path: Path) -> None:
    """Measure from file to profile."""
    assert len(benchmark(load, path)) == READINGS // 4  # noqa: S101


@pytest.mark.benchmark(group="a profile of two million readings")
def test_load_in_python(benchmark: BenchmarkFixture, path: Path) -> None:
    """Measure what takes long once only."""
    assert len(benchmark.pedantic(in_python, (path,), rounds=1)) == READINGS // 4  # noqa: S101
