"""Profiles of files, good and bad."""

import gc
import io
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import readings
from parquet_loads import LoadError, LoadProfile, LoadTypeError, LoadValueError, ParquetFileError, load_profile
from readings import QUARTER, START, Reading

HOUR = timedelta(hours=1)


def table(rows: list[Reading]) -> Any:
    meters, times, registers = zip(*rows, strict=True)
    names = ["meter", "time", "register"]
    return pa.table([pa.array(meters, pa.string()), pa.array(times, pa.timestamp("us", "UTC")), registers], names)


def parquet(content: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(content, file, **options)
    return file


def result(profile: LoadProfile) -> dict[datetime, tuple[int, float, float]]:
    rows = pa.table(profile).to_pylist()
    return {row["start"]: (row["intervals"], row["energy"], row["largest"]) for row in rows}


def some(count: int = 2000, seed: int = 5) -> list[Reading]:
    """Return readings of some meters with all that can be wrong with them."""
    dice, rows = random.Random(seed), list[Reading]()
    state = {f"meter {number}": (START, 0.0) for number in range(4)}
    for _ in range(count):
        meter = dice.choice(list(state))
        time, register = state[meter]
        time += dice.choice([QUARTER] * 20 + [-QUARTER, timedelta(0), 3 * HOUR])
        register = dice.random() if dice.random() < 0.02 else register + dice.random()
        state[meter] = (time, register)
        row: list[Any] = [meter, time, register]
        if dice.random() < 0.05:
            row[dice.randrange(3)] = None
        if dice.random() < 0.01:
            row[2] = float("nan")
        rows.append((row[0], row[1], row[2]))
    return rows


# region: files
FILES: dict[str, Callable[[Any], Any]] = {
    "one row group": parquet,
    "many row groups": lambda content: parquet(content, row_group_size=7),
    "small pages": lambda content: parquet(content, data_page_size=64, write_batch_size=8),
    "no dictionary": lambda content: parquet(content, use_dictionary=False),
    "second version of pages": lambda content: parquet(content, data_page_version="2.0"),
    "not compressed": lambda content: parquet(content, compression="none"),
    "no schema of Arrow": lambda content: parquet(content, store_schema=False),
    "dictionary": lambda content: parquet(content.set_column(0, "meter", content["meter"].dictionary_encode())),
    "large text": lambda content: parquet(content.set_column(0, "meter", content["meter"].cast(pa.large_string()))),
    "milliseconds": lambda content: parquet(content, coerce_timestamps="ms", allow_truncated_timestamps=True),
    "legacy times": lambda content: parquet(content, use_deprecated_int96_timestamps=True),
    "other columns": lambda content: parquet(content.add_column(1, "note", pa.array(["x" * 99] * len(content)))),
}


@pytest.mark.parametrize("layout", FILES)
def test_a_profile_is_as_in_python(layout: str) -> None:
    rows = some()
    profile = load_profile(FILES[layout](table(rows)))
    expected = readings.load_profile(rows)
    assert result(profile) == {start: pytest.approx(slot) for start, slot in expected.items()}
    assert profile.readings == len(rows)
    assert profile.meters == 4
    assert min(profile.missing, profile.disordered, profile.resets, profile.gaps) > 0
    assert len(profile) == len(expected)


# endregion: files


@pytest.mark.parametrize("every", [timedelta(seconds=1), timedelta(minutes=30), timedelta(days=7)])
@pytest.mark.parametrize("gap", [timedelta(seconds=1), QUARTER, timedelta(days=3660)])
def test_time_can_be_cut_in_other_ways(every: timedelta, gap: timedelta) -> None:
    rows = some()
    profile = load_profile(parquet(table(rows)), every=every, gap=gap)
    expected = readings.load_profile(rows, every, gap)
    assert result(profile) == {start: pytest.approx(slot) for start, slot in expected.items()}


@pytest.mark.parametrize(
    ("meters", "registers"),
    [
        (pa.array([7, 7], pa.int32()), [1, 3]),
        (pa.array([2**64 - 1] * 2, pa.uint64()), pa.array([1, 3], pa.uint16())),
        (pa.array(["a", "a"], pa.string_view()), pa.array([1, 3], pa.float32())),
        (pa.array(["a", "a"]), [Decimal("1.05"), Decimal("3.05")]),
    ],
)
def test_meters_and_registers_have_many_types(meters: Any, registers: Any) -> None:
    times = pa.array([START, START + QUARTER], pa.timestamp("ns"))
    content = pa.table([meters, times, registers], ["id", "at", "kWh"])
    profile = load_profile(parquet(content), meter="id", time="at", register="kWh")
    assert result(profile) == {START: pytest.approx((1, 2, 2))}


def test_a_path_is_as_good_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "zähler.parquet"
    readings.write(path, 3, 50)
    expected = result(load_profile(path))
    assert result(load_profile(str(path))) == expected
    with path.open("rb") as buffered, path.open("rb", buffering=0) as raw:
        assert result(load_profile(buffered)) == result(load_profile(raw)) == expected
    assert sum(count for count, _, _ in expected.values()) == 3 * 49


class Slow(io.BytesIO):
    """A file that gives as little as it may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 100))


def test_a_file_may_give_less_than_it_is_asked_for() -> None:
    content = parquet(table(some()))
    assert result(load_profile(Slow(content.getvalue()))) == result(load_profile(content))


class Failing(io.BytesIO):
    """A file that fails when it has been read from some times."""

    error: BaseException | None = None
    answer: Any = None
    left = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left >= 0:
            return super().read(size)
        if self.error:
            raise self.error
        return self.answer  # type: ignore[no-any-return]


@pytest.mark.parametrize("left", [0, 1, 2, 5])
@pytest.mark.parametrize("error", [OSError("the disk is gone"), KeyboardInterrupt(), ZeroDivisionError()])
def test_what_a_file_raises_is_raised(left: int, error: BaseException) -> None:
    file = Failing(parquet(table(some())).getvalue())
    file.left, file.error = left, error
    with pytest.raises(type(error)) as caught:
        load_profile(file)
    assert caught.value is error


@pytest.mark.parametrize(
    ("answer", "error"),
    [("text", TypeError), (None, TypeError), (b"x" * 10_000_000, ValueError), (b"", ParquetFileError)],
)
def test_what_a_file_must_not_return_is_an_error(answer: Any, error: type[Exception]) -> None:
    file = Failing(parquet(table(some())).getvalue())
    for left in range(4):
        file.left, file.answer = left, answer
        with pytest.raises(error):
            load_profile(file)


@pytest.mark.parametrize("nothing", [None, 3, b"bytes", ["a"]])
def test_what_is_no_file_is_refused(nothing: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        load_profile(nothing)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        load_profile(tmp_path / "none.parquet")
    assert caught.value.filename == str(tmp_path / "none.parquet")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among its files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        load_profile(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 100, b"\0" * 1000])
def test_other_files_are_no_parquet(content: bytes) -> None:
    with pytest.raises(ParquetFileError):
        load_profile(io.BytesIO(content))


def test_a_damaged_file_is_an_error_or_a_profile(capfd: pytest.CaptureFixture[str]) -> None:
    content, dice = parquet(table(some(300)), data_page_size=256).getvalue(), random.Random(1)
    errors = 0
    for _ in range(1500):
        damaged = bytearray(content)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            load_profile(io.BytesIO(damaged[: dice.randrange(len(damaged))] if dice.random() < 0.1 else damaged))
        except (LoadError, ValueError):
            errors += 1
    assert errors > 100
    capfd.readouterr()  # where the crate panics, Rust says so


def nested(levels: int) -> bytes:
    """Return a file without rows, and with groups within groups."""

    def varint(number: int) -> bytes:
        return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)

    group, leaf = b"\x35\x02\x18\x01g\x15\x02\x00", b"\x15\x04\x25\x02\x18\x01g\x00"
    schema = b"\x48\x01s\x15\x02\x00" + group * levels + leaf
    footer = b"\x15\x02\x19\xfc" + varint(levels + 2) + schema + b"\x16\x00\x19\x0c\x00"
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize(
    ("levels", "error", "message"),
    [
        (1, LoadValueError, "no column `meter`"),
        (900, LoadValueError, "no column `meter`"),
        (1000, ParquetFileError, "more than 1000 parts"),
        (1_000_000, ParquetFileError, "more than 1000 parts"),
    ],
)
def test_a_schema_that_would_end_the_process_is_refused(levels: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load_profile(io.BytesIO(nested(levels)))


def test_another_compression_is_named() -> None:
    with pytest.raises(ParquetFileError, match=r"(?i)zstd"):
        load_profile(parquet(table(some()), compression="zstd"))


@pytest.mark.parametrize(
    ("names", "error", "message"),
    [
        (["meter", "time", "kWh"], LoadValueError, "no column `register`"),
        (["time", "meter", "register"], LoadTypeError, "`meter` has the type Timestamp.*, expected text or integers"),
        (["meter", "register", "time"], LoadTypeError, "`time` has the type Float64, expected timestamps"),
        (["register", "time", "meter"], LoadTypeError, "`meter` has the type Float64"),
        (["meter", "time", "time"], LoadValueError, "2 columns `time`"),
    ],
)
def test_columns_that_are_not_right_are_refused(names: list[str], error: type[Exception], message: str) -> None:
    file = parquet(table(some()).rename_columns(names))
    with pytest.raises(error, match=message):
        load_profile(file)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"every": timedelta(0)}, "`every` must be from one second to 366 days"),
        ({"every": timedelta.max}, "`every`"),
        ({"gap": timedelta(milliseconds=1)}, "`gap` must be from one second to 3660 days"),
        ({"max_meters": 3}, "more than 3 meters"),
    ],
)
def test_arguments_out_of_range_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(LoadValueError, match=message):
        load_profile(parquet(table(some())), **arguments)


def test_a_negative_duration_is_none() -> None:
    with pytest.raises(ValueError, match="negative"):
        load_profile(parquet(table(some())), every=-HOUR)


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_the_calendar_are_in_it(year: int) -> None:
    time = datetime(year, 12, 31, 22, tzinfo=UTC)
    profile = load_profile(parquet(table([("a", time, 1.0), ("a", time + HOUR, 2.0)])))
    assert result(profile) == {time: (1, 1.0, 1.0)}


def test_an_empty_file_has_an_empty_profile() -> None:
    profile = load_profile(parquet(table(some()).slice(0, 0)))
    assert (len(profile), profile.readings, profile.meters) == (0, 0, 0)
    assert pa.table(profile).schema == pa.schema(profile)


def test_the_result_is_shared_and_outlives_the_profile() -> None:
    profile = load_profile(parquet(table(some())))
    tables = [pa.table(profile), pa.table(profile)]
    expected = tables[0].to_pylist()
    del profile
    gc.collect()
    addresses = {column.chunk(0).buffers()[1].address for content in tables for column in content.columns}
    assert len(addresses) == 4
    assert tables[1].to_pylist() == expected


def test_threads_read_files_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "readings.parquet"
    readings.write(path, 3, 500)
    expected, content = result(load_profile(path)), path.read_bytes()
    with ThreadPoolExecutor(4) as pool:
        sources = [path, io.BytesIO(content)] * 10
        assert all(result(profile) == expected for profile in pool.map(load_profile, sources))


def test_other_threads_run_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "readings.parquet"
    readings.write(path, 20, 20_000)

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            load_profile(path)
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
def test_ctrl_c_ends_a_long_file(tmp_path: Path) -> None:
    path = tmp_path / "readings.parquet"
    readings.write(path, 20, 50_000)
    program = (
        "import sys\n"
        "from parquet_loads import load_profile\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    while True:\n"
        "        load_profile(sys.argv[1])\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"


# region: memory
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
@pytest.mark.parametrize("opened", [False, True], ids=["path", "file object"])
def test_a_longer_file_needs_no_more_memory(tmp_path: Path, opened: bool) -> None:
    paths = [tmp_path / f"{meters}.parquet" for meters in (1, 100)]
    for path in paths:
        readings.write(path, int(path.stem), 20_000)
    program = (
        "import sys\n"
        "from parquet_loads import load_profile\n"
        "for path in sys.argv[2:]:\n"
        "    load_profile(open(path, 'rb') if sys.argv[1] == 'True' else path)\n"
        "    status = open('/proc/self/status').read()\n"
        "    print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(opened), *map(str, paths)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    short, long = (int(line) * 1024 for line in printed.split())
    assert paths[1].stat().st_size > 30_000_000
    assert long - short < 15_000_000


# endregion: memory
