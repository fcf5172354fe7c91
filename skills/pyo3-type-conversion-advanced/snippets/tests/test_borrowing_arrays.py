"""Which borrows rust-numpy grants, and what they do not protect from."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from conversion_snippets._core import borrowing_arrays
from numpy.lib.stride_tricks import as_strided, sliding_window_view

A, G, C = np.zeros(10), np.zeros((10, 10)), np.zeros(4, complex)
IMAGE = np.zeros((5, 5, 3))
MEMORY = bytearray(80)
VIEW = memoryview(MEMORY)


def read_only() -> np.ndarray:
    array = np.zeros(10)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("first", "second", "granted"),
    [
        (A, A, False),
        (A[:6], A[5:], False),
        (A[:5], A[5:], True),
        (G[:5], G[5:], True),
        (A[::2], A[1::2], True),
        (G[:, 0], G[:, 1], True),
        (IMAGE[..., 0], IMAGE[..., 1], True),
        # False conflicts.
        (G[:, :5], G[:, 5:], False),
        (G[:5, :5], G[:5, 5:], False),
        (G[:, ::3], G[:, 1::3], False),
        # Holes.
        (C, C.imag, True),
        (A, A.view("f4")[1::2], True),
        (A, A[0:1].reshape(()), True),
        (np.frombuffer(MEMORY), np.frombuffer(MEMORY), True),
        (np.frombuffer(VIEW), np.frombuffer(VIEW), True),
        (A, np.asarray(memoryview(A)), True),
        (A, np.from_dlpack(A), True),
    ],
)
def test_which_borrows_are_granted(first: np.ndarray, second: np.ndarray, granted: bool) -> None:
    assert borrowing_arrays.both_writable(first, second) is granted
    assert borrowing_arrays.both_writable(second, first) is granted


def test_two_maps_of_one_file_are_two_arrays(tmp_path: Path) -> None:
    np.zeros(10).tofile(tmp_path / "loads")
    maps = [np.memmap(tmp_path / "loads", "f8", "r+") for _ in range(2)]
    assert borrowing_arrays.both_writable(*maps)


@pytest.mark.parametrize("array", [as_strided(A, (3, 4), (8, 8)), sliding_window_view(A, 3, writeable=True)])
def test_overlap_within_an_array_is_not_noticed(array: np.ndarray) -> None:
    assert borrowing_arrays.both_writable(array, np.zeros(1))


@pytest.mark.parametrize(
    ("loads", "message"),
    [
        (np.zeros(10, "f4"), "type mismatch"),
        (np.zeros((10, 1)), "dimensionality mismatch"),
        ([0.0] * 10, "not an instance of 'ndarray'"),
        (read_only(), "not writeable"),
        (A, "already borrowed"),
    ],
)
def test_a_parameter_raises(loads: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        borrowing_arrays.add_meter(loads, A)


def test_a_meter_is_added() -> None:
    loads = np.ones(10)
    borrowing_arrays.add_meter(loads[::2], np.full(5, 2.0))
    assert loads.tolist() == [3.0, 1.0] * 5
    with pytest.raises(ValueError, match="different lengths"):
        borrowing_arrays.add_meter(loads, np.zeros(1))


@pytest.mark.parametrize("name", ["readonly_total", "like_total"])
def test_some_ways_to_borrow_panic(name: str) -> None:
    loads = np.zeros(3)
    total = getattr(borrowing_arrays, name)
    with pytest.raises(BaseException, match="AlreadyBorrowed") as error:
        borrowing_arrays.while_written(loads, lambda: total(loads))
    assert error.typename == "PanicException"


def test_what_is_like_an_array_is_converted() -> None:
    assert borrowing_arrays.like_total([1.0, 2.0]) == 3.0


@pytest.mark.parametrize("view", [np.zeros((3, 4))[::-1, :0], np.zeros(5)[::-1][:0], np.zeros(())])
def test_limit_takes_empty_arrays_and_those_without_dimensions(view: np.ndarray) -> None:
    borrowing_arrays.limit(view, 1.0)


def test_others_raise_also_from_other_threads() -> None:
    loads = np.zeros(3)
    with ThreadPoolExecutor(1) as pool:
        jobs = []

        def read() -> None:
            jobs.append(pool.submit(borrowing_arrays.total, loads))
            assert jobs[0].exception() is not None

        borrowing_arrays.while_written(loads, read)
    assert str(jobs[0].exception()) == "The given array is already borrowed"
    assert borrowing_arrays.total(loads) == 0


def test_python_writes_under_a_borrow() -> None:
    # region: writes
    loads = np.zeros(10)
    assert borrowing_arrays.totals_around(loads, lambda: loads.fill(2.0)) == (0.0, 20.0)
    # endregion: writes
    copied = borrowing_arrays.copied_totals_around(loads, lambda: loads.fill(3.0))
    assert copied == (20.0, 20.0)
    with pytest.raises(ValueError, match="references or is referenced"):
        borrowing_arrays.totals_around(loads, lambda: loads.resize(20))


def test_a_read_only_flag_can_be_set_back() -> None:
    loads = np.zeros(3)
    view = loads[:]
    loads.flags.writeable = False
    view[0] = 1.0
    assert loads[0] == 1.0
    loads.flags.writeable = True


def test_limit_waits_until_a_borrow_ends() -> None:
    loads = np.full((4, 4), 5.0)
    waits, waited = threading.Event(), []

    def limit() -> None:
        waits.set()
        borrowing_arrays.limit(loads, 2.0)
        waited.append(loads.max())

    thread = threading.Thread(target=limit)

    def hold() -> None:
        thread.start()
        waits.wait(60)
        thread.join(0.1)
        assert thread.is_alive()

    borrowing_arrays.while_written(loads[0], hold)
    thread.join(60)
    assert waited == [2.0]


def test_threads_limit_blocks_of_columns() -> None:
    loads = np.random.default_rng(1).normal(size=(500, 64))
    expected = loads.clip(max=0.5)
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(borrowing_arrays.limit, loads[:, k : k + 4], 0.5) for k in range(0, 64, 4)]
    for job in jobs:
        job.result()
    np.testing.assert_array_equal(loads, expected)


def run(code: str) -> subprocess.CompletedProcess[str]:
    code = f"import numpy as np; from conversion_snippets._core import borrowing_arrays; {code}"
    return subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)


RESIZE = "a = np.zeros(3); borrowing_arrays.{}(a, lambda: a.resize(100, refcheck=False)); print('ok')"


def test_to_resize_under_a_borrow_aborts_or_is_not_noticed() -> None:
    reading = run(RESIZE.format("totals_around"))
    assert (reading.returncode not in (0, 1), reading.stdout) == (True, "")
    assert "panic in a function that cannot unwind" in reading.stderr
    assert run(RESIZE.format("while_written")).stdout == "ok\n"
    # Another borrow of the same owner, if only of no element.
    resize = "lambda: borrowing_arrays.while_written(a, lambda: a.resize(100, refcheck=False))"
    both = run(f"a = np.zeros(3); borrowing_arrays.while_written(a[:0], {resize})")
    assert "panic in a function that cannot unwind" in both.stderr


def test_extensions_share_the_table_of_borrows() -> None:
    borrowing_arrays.total(np.zeros(1))
    capsule = import_module("numpy._core.multiarray")._RUST_NUMPY_BORROW_CHECKING_API  # noqa: SLF001
    assert type(capsule).__name__ == "PyCapsule"
