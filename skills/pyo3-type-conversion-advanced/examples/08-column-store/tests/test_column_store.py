"""Stores, and views of them."""

import gc
import os
import random
import signal
import stat
import struct
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from column_store import Column, Store, StoreError, StoreFileError, StoreTypeError, StoreValueError, write_store
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES = ["u1", "i4", "i8", "f4", "f8"]


def positions(rows: int = 1000) -> dict[str, Array]:
    """Return where ships are, in the order of time."""
    dice = np.random.default_rng(1)
    return {
        "time": np.sort(dice.integers(0, 10_000, rows)).astype("i8"),
        "ship": dice.integers(0, 50, rows).astype("i4"),
        "latitude": 54 + dice.random(rows),
        "knots": np.cumsum(dice.normal(0, 0.1, rows)).astype("f4"),
        "status": dice.integers(0, 16, rows).astype("u1"),
    }


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a store with the positions of some ships."""
    path = tmp_path / "ships.columns"
    write_store(path, positions())
    return path


def address(view: Any) -> int:
    return int(np.asarray(view).__array_interface__["data"][0])


def maps(path: Path) -> bool:
    """Tell whether this process has a file mapped."""
    return str(path) in Path("/proc/self/maps").read_text(encoding="utf-8")


@pytest.mark.parametrize("copy", [False, True])
def test_columns_are_as_they_were_written(path: Path, copy: bool) -> None:
    store = Store(path, copy=copy)
    assert store.keys() == list(positions())
    assert (store.rows, len(store)) == (1000, 5)
    for name, expected in positions().items():
        column = store[name]
        np.testing.assert_array_equal(np.asarray(column), expected, strict=True)
        assert memoryview(column).tolist() == expected.tolist()
        assert column.format == expected.data.format.replace("l", "q")
        assert (len(column), column.name) == (1000, name)
    assert "time" in store
    assert "none" not in store
    with pytest.raises(KeyError, match="none"):
        store["none"]


def test_a_store_is_a_mapping(path: Path) -> None:
    assert {name: np.asarray(column).dtype for name, column in dict(Store(path)).items()} == {
        name: column.dtype for name, column in positions().items()
    }


def test_a_view_shares_the_memory_of_the_file(path: Path) -> None:
    column = Store(path)["knots"]
    views = [np.asarray(column), np.asarray(column), np.frombuffer(memoryview(column), "f4")]
    assert len({address(view) for view in views}) == 1
    assert address(column[10:]) == address(column) + 40
    assert all(not view.flags.writeable and not view.flags.owndata for view in views)
    assert all(address(column) % 64 == 0 for column in map(Store(path).__getitem__, positions()))


def test_nobody_can_write(path: Path) -> None:
    view = np.asarray(Store(path)["knots"])
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True
    with pytest.raises(TypeError, match="read-only"):
        memoryview(Store(path)["knots"])[0] = 1
    with pytest.raises((BufferError, TypeError), match=r"read-only|read-write"):
        struct.pack_into("f", Store(path)["knots"], 0, 1)


@pytest.mark.parametrize(
    "part",
    [slice(None), slice(10), slice(990, None), slice(-10, None), slice(5, 5), slice(2000, 3000), slice(20, 10)],
)
def test_slices_are_columns(path: Path, part: slice) -> None:
    for name, expected in positions().items():
        column = Store(path)[name][part]
        assert isinstance(column, Column)
        np.testing.assert_array_equal(np.asarray(column), expected[part], strict=True)
        np.testing.assert_array_equal(np.asarray(column[1:]), expected[part][1:], strict=True)


@pytest.mark.parametrize("step", [2, -1])
def test_slices_have_no_steps_or_numbers(path: Path, step: int) -> None:
    with pytest.raises(ValueError, match="next to each other"):
        Store(path)["time"][::step]
    with pytest.raises(TypeError):
        Store(path)["time"][0]  # type: ignore[index]


# region: alive
@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_a_view_keeps_the_file_and_the_last_one_gives_it_up(path: Path) -> None:
    view: Any = np.asarray(Store(path)["latitude"][10:])[::2]
    gc.collect()
    assert maps(path)
    path.unlink()
    np.testing.assert_array_equal(view, positions()["latitude"][10::2])
    del view
    gc.collect()
    assert not maps(path)


# endregion: alive


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_opening_reads_nothing_but_the_header(tmp_path: Path) -> None:
    path = tmp_path / "large.columns"
    write_store(path, {"zeros": np.zeros(20_000_000)})
    program = (
        "import sys, numpy\n"
        "from column_store import Store\n"
        "def resident(): return int(open('/proc/self/status').read().partition('VmRSS:')[2].split()[0]) * 1024\n"
        "before = resident()\n"
        "column = Store(sys.argv[1])['zeros']\n"
        "view = numpy.asarray(column)\n"
        "column.search(1, 2)\n"
        "print(resident() - before)\n"
    )
    printed = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True).stdout
    assert path.stat().st_size > 160_000_000
    assert int(printed) < 16_000_000


def test_a_store_is_replaced_as_a_whole(path: Path) -> None:
    old = np.asarray(Store(path)["time"])
    write_store(path, {"time": Store(path)["time"][:10]})
    assert Store(path).rows == 10
    np.testing.assert_array_equal(old, positions()["time"])
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [0, 1, 63, 1000])
def test_all_sizes_are_written(tmp_path: Path, dtype: str, rows: int) -> None:
    values = np.random.default_rng(2).integers(0, 256, rows * np.dtype(dtype).itemsize).astype("u1").view(dtype)
    columns = {"a": values, "ß" * 127: values[::-1], "": values}
    del columns[""]
    write_store(tmp_path / "store", columns)
    store = Store(tmp_path / "store")
    for name, expected in columns.items():
        assert np.asarray(store[name]).tobytes() == expected.tobytes()
        assert np.asarray(store[name]).dtype == dtype


def test_other_buffers_are_written(tmp_path: Path) -> None:
    values = [1, 2, 3]
    columns = {
        "array": array("i", values),
        "bytes": bytes(values),
        "view": memoryview(array("d", [1, 2, 3])),
        "longs": array("q", values),
        "strided": np.arange(9.0)[1::3],
    }
    write_store(tmp_path / "store", columns)
    store = Store(tmp_path / "store")
    assert [memoryview(store[name]).tolist() for name in store.keys()] == [[1, 2, 3]] * 4 + [[1, 4, 7]]  # noqa: SIM118


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"a": np.zeros((2, 2))}, StoreTypeError, r"`a` has the format `d` in 2 dimension\(s\)"),
        ({"a": np.zeros(2, "f2")}, StoreTypeError, "format `e`"),
        ({"a": np.zeros(2, ">f8")}, StoreTypeError, "format `>d`"),
        ({"a": np.zeros((), "f8")}, BufferError, "shape is null"),
        ({"a": np.zeros(2), "b": np.zeros(3)}, StoreValueError, "`b` has 3 rows, and the first one has 2"),
        ({}, StoreValueError, "from 1 to 65535 columns, not 0"),
        ({"": b""}, StoreValueError, "from 1 to 255 bytes, not 0"),
        ({"x" * 256: b""}, StoreValueError, "not 256"),
        ({"a": "text"}, TypeError, "bytes-like"),
        ({3: b""}, TypeError, "str"),
        (None, TypeError, "Mapping"),
    ],
)
def test_what_is_no_column_is_refused(tmp_path: Path, columns: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        write_store(tmp_path / "store", columns)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_or_written_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "none" / "store"
    for work in (Store, lambda path: write_store(path, {"a": b""})):
        with pytest.raises(FileNotFoundError) as caught:
            work(nowhere)
        assert caught.value.filename == str(nowhere)
    with pytest.raises(OSError, match=r".") as caught_folder:
        write_store(tmp_path, {"a": b""})
    assert caught_folder.value.filename == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


# region: damaged
def test_a_damaged_file_is_refused_or_has_all_of_its_columns(path: Path) -> None:
    content, dice = path.read_bytes(), random.Random(3)
    for _ in range(2000):
        damaged = bytearray(content)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(120)] = dice.choice([0, 1, 5, 64, 127, 128, 255])
        length = dice.choice([len(content), dice.randrange(len(content)), dice.randrange(200)])
        # Another file: nobody may change the one that is mapped.
        path.unlink()
        path.write_bytes(damaged[:length])
        try:
            store = Store(path, copy=dice.random() < 0.5)
        except StoreFileError:
            continue
        for name in store.keys():  # noqa: SIM118
            assert len(np.asarray(store[name]).tobytes()) == memoryview(store[name]).nbytes


# endregion: damaged


@pytest.mark.parametrize(("count", "size"), [(2**32 - 1, 1000), (10, 2**32 - 1)])
def test_a_header_without_end_is_refused_at_once(tmp_path: Path, count: int, size: int) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.write(struct.pack("<8sQII", b"COLSTOR1", 0, count, size))
        file.truncate(1 << 33)
    with pytest.raises(StoreFileError, match="the header is too long"):
        Store(tmp_path / "sparse")


@pytest.mark.parametrize("content", [b"", b"COLSTOR1", b"COLSTOR2" + bytes(100), b"x" * 5000])
def test_other_files_are_no_stores(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(StoreFileError, match="not a column store"):
        Store(tmp_path / "file")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among its files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        Store(tmp_path / "pipe")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises((OSError, StoreFileError)):
        Store(tmp_path)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sorted_columns_are_searched(tmp_path: Path, dtype: str) -> None:
    values = np.sort(np.random.default_rng(4).integers(0, 200, 500)).astype(dtype)
    write_store(tmp_path / "store", {"a": values})
    column = Store(tmp_path / "store")["a"]
    for low, high in [(0, 200), (-1, 300), (50, 60), (60, 50), (77, 77), (200, 900)]:
        part = column.search(low, high)
        np.testing.assert_array_equal(np.asarray(column[part]), values[(values >= low) & (values < high)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_columns_are_scanned(tmp_path: Path, dtype: str) -> None:
    values = np.random.default_rng(5).integers(0, 20, 500).astype(dtype)
    if dtype.startswith("f"):
        values[::7] = np.nan
    write_store(tmp_path / "store", {"a": values})
    column = Store(tmp_path / "store")["a"]
    for low, high in [(0, 200), (5, 10), (10, 5), (19, 20)]:
        rows = [row for part in column.between(low, high) for row in range(part.start, part.stop)]
        assert rows == np.flatnonzero((values >= low) & (values < high)).tolist()


@pytest.mark.parametrize("search", [Column.search, Column.between])
def test_limits_are_of_the_type_of_the_column(path: Path, search: Callable[[Column, Any, Any], object]) -> None:
    store = Store(path)
    with pytest.raises(TypeError):
        search(store["time"], 0.5, 1)
    with pytest.raises(TypeError):
        search(store["knots"], "0", 1)
    with pytest.raises(OverflowError):
        search(store["time"], 0, 2**64)
    search(store["time"], -(2**63), 2**63 - 1)
    search(store["knots"], float("nan"), float("inf"))


def test_a_column_that_is_not_sorted_has_some_rows(path: Path) -> None:
    column = Store(path)["ship"]
    part = column.search(10, 20)
    assert 0 <= part.start <= part.stop <= len(column)


def test_numbers_may_change_while_they_are_read(path: Path) -> None:
    column, done = Store(path)["time"], threading.Event()

    def change() -> None:
        with path.open("r+b") as file:
            while not done.is_set():
                file.seek(-8000, os.SEEK_END)
                file.write(os.urandom(8000))

    thread = threading.Thread(target=change)
    path.chmod(path.stat().st_mode | stat.S_IWUSR)
    thread.start()
    try:
        for _ in range(2000):
            assert all(0 <= part.start < part.stop <= 1000 for part in column.between(-1000, 1000))
            column.search(0, 1000)
    finally:
        done.set()
        thread.join()


def test_threads_share_a_store(path: Path) -> None:
    store, expected = Store(path), positions()

    def work(seed: int) -> bool:
        dice = random.Random(seed)
        for _ in range(200):
            name = dice.choice(store.keys())
            part = slice(*sorted(dice.choices(range(1001), k=2)))
            if not np.array_equal(np.asarray(store[name][part]), expected[name][part], equal_nan=True):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(20)))


def test_threads_write_the_same_file(tmp_path: Path) -> None:
    def write(value: int) -> None:
        write_store(tmp_path / "store", {"a": np.full(10_000, value)})
        assert len(set(memoryview(Store(tmp_path / "store")["a"]))) == 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(50)))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a store that takes a while to look through."""
    path = tmp_path / "large.columns"
    write_store(path, {"bytes": np.zeros(8_000_000, "u1")})
    return path


def test_other_threads_run_meanwhile(large: Path) -> None:
    column = Store(large)["bytes"]

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            column.between(1, 2)
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
def test_ctrl_c_ends_a_long_search(large: Path) -> None:
    program = (
        "import sys\n"
        "from column_store import Store\n"
        "column = Store(sys.argv[1])['bytes']\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    while True:\n"
        "        column.between(1, 2)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(large)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"


def test_exceptions_of_the_package_have_one_base() -> None:
    for error, builtin in ((StoreFileError, ValueError), (StoreTypeError, TypeError), (StoreValueError, ValueError)):
        assert issubclass(error, StoreError)
        assert issubclass(error, builtin)
