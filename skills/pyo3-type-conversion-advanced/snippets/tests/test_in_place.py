"""Arrays that Rust changes where they lie."""

import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from conversion_snippets._core import in_place, proving
from numpy.lib.stride_tricks import as_strided, sliding_window_view

INPUTS = {
    "one": lambda: np.array([100.0, 50.0]),
    "grid": lambda: np.full((2, 3), 100.0),
    "backwards": lambda: np.array([100.0, 50.0])[::-1],
    "column": lambda: np.full((3, 2), 100.0)[:, 1],
    "fortran": lambda: np.full((2, 3), 100.0, order="F"),
    "no axis": lambda: np.array(100.0),
    "empty": lambda: np.zeros((0, 3)),
    "one, broadcast": lambda: as_strided(np.array([1.0]), (1, 1), (0, 0)),
}


@pytest.mark.parametrize("make", INPUTS.values(), ids=list(INPUTS))
def test_any_layout_changes_where_it_lies(make: Callable[[], np.ndarray]) -> None:
    balances = make()
    expected, address = balances * 1.5, balances.ctypes.data
    assert in_place.accrue(balances, 0.5) is None
    assert np.array_equal(balances, expected)
    assert balances.ctypes.data == address


def test_a_view_changes_its_base_and_nothing_beside_it() -> None:
    book = np.full((2, 4), 100.0)
    in_place.accrue(book[:, 1::2], 0.5)
    assert book.tolist() == [[100, 150, 100, 150]] * 2


READ_ONLY = {
    "flag": lambda: frozen(np.ones(3)),
    "broadcast": lambda: np.broadcast_to(np.ones(1), 3),
    "bytes": lambda: np.frombuffer(bytes(24)),
}


def frozen(balances: np.ndarray) -> np.ndarray:
    balances.flags.writeable = False
    return balances


@pytest.mark.parametrize("make", READ_ONLY.values(), ids=list(READ_ONLY))
def test_what_is_read_only_is_refused(make: Callable[[], np.ndarray]) -> None:
    with pytest.raises(TypeError, match="The given array is not writeable"):
        in_place.accrue(make(), 0.5)
    with pytest.raises(TypeError, match="The given array is not writeable"):
        in_place.pay_in(make(), np.ones(3))


def test_a_slice_has_no_gaps() -> None:
    with pytest.raises(TypeError, match="The given array is not contiguous"):
        proving.scale(np.ones(4)[::2], 0.5)


@pytest.mark.parametrize(
    ("balances", "message"),
    [
        ([1.0, 2.0], "'list' object is not an instance of 'ndarray'"),
        (np.ones(2, np.float32), "from=float32, to=float64"),
        (np.ones(2, ">f8"), "from=>f8, to=float64"),
    ],
)
def test_nothing_is_converted_that_would_be_changed(balances: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        in_place.accrue(balances, 0.5)


def test_nothing_changes_before_an_error() -> None:
    balances = np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="not a finite number"):
        in_place.accrue(balances, float("nan"))
    assert balances.tolist() == [1.0, 2.0]


def test_the_mask_of_an_array_is_not_seen() -> None:
    balances = np.ma.array([100.0, 100.0], mask=[False, True])
    in_place.accrue(balances, 0.5)
    assert balances.data.tolist() == [150.0, 150.0]


OVERLAPPING = {
    "broadcast": lambda: as_strided(np.ones(1), (3,), (0,)),
    "windows": lambda: sliding_window_view(np.ones(4), 2, writeable=True),
    "half steps": lambda: as_strided(np.ones(3), (3,), (4,)),
}


@pytest.mark.parametrize("make", OVERLAPPING.values(), ids=list(OVERLAPPING))
def test_an_array_that_overlaps_itself_is_refused(make: Callable[[], np.ndarray]) -> None:
    balances = make()
    assert balances.flags.writeable
    with pytest.raises(ValueError, match="share one place"):
        in_place.accrue(balances, 0.5)


def bytes_of(array: np.ndarray) -> set[int]:
    return {byte for index in np.ndindex(array.shape) for byte in start_of(array, index)}


def start_of(array: np.ndarray, index: tuple[int, ...]) -> range:
    start = sum(place * stride for place, stride in zip(index, array.strides, strict=True))
    return range(start, start + array.itemsize)


def test_no_overlap_is_missed() -> None:
    generator = np.random.default_rng(7)
    refused = 0
    for _ in range(300):
        axes = generator.integers(1, 4)
        shape, strides = generator.integers(1, 5, axes), 8 * generator.integers(-12, 13, axes)
        array = as_strided(np.ones(400)[200:], shape, strides)
        try:
            in_place.accrue(array, 0.5)
        except ValueError:
            refused += 1
        else:
            assert len(bytes_of(array)) == array.nbytes, (shape, strides)
    assert 50 < refused < 250


def test_the_borrow_does_not_refuse_it() -> None:
    shared = as_strided(np.ones(1), (3,), (0,))
    try:
        in_place.carry_forward(shared)
    except BaseException as error:  # noqa: BLE001  a panic, from ndarray's checks in a debug build
        outcome = str(error)
    else:
        outcome = str(shared[0])
    # NumPy's cumsum would be [1, 2, 3].
    assert outcome == "4.0" or "referenced by two different indices" in outcome


@pytest.mark.parametrize("target", [slice(1, None), slice(None, -1), slice(None), slice(None, None, -1)])
def test_overlapping_parts_are_added_as_numpy_does(target: slice) -> None:
    ours = np.arange(6.0)
    theirs = ours.copy()
    source = slice(None, -1) if len(ours[target]) == 5 else slice(None)
    theirs[target] += theirs[source]
    in_place.pay_in(ours[target], ours[source])
    assert ours.tolist() == theirs.tolist()


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="as many payments"):
        in_place.pay_in(np.ones(3), np.ones(2))


DISJOINT = {
    "halves": lambda book: (book[:6], book[6:]),
    "every second": lambda book: (book[::2], book[1::2]),
    "columns": lambda book: (book.reshape(6, 2)[:, 0], book.reshape(6, 2)[:, 1]),
}


@pytest.mark.parametrize("split", DISJOINT.values(), ids=list(DISJOINT))
def test_disjoint_parts_are_borrowed_together(split: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> None:
    book = np.ones(12)
    balances, payments = split(book)
    in_place.pay_in_strictly(balances, payments)
    assert book.sum() == 18


def test_the_same_array_twice_is_refused_without_a_copy() -> None:
    book = np.ones(3)
    with pytest.raises(TypeError, match="The given array is already borrowed"):
        in_place.pay_in_strictly(book, book)
    in_place.pay_in(book, book)
    assert book.tolist() == [2, 2, 2]


def test_parts_that_only_seem_to_overlap_are_copied() -> None:
    book = np.arange(12.0)
    balances, payments = book[0:5:2], book[3:12:3]
    assert not np.shares_memory(balances, payments)
    with pytest.raises(TypeError, match="already borrowed"):
        in_place.pay_in_strictly(balances, payments)
    in_place.pay_in(balances, payments)
    assert balances.tolist() == [3, 8, 13]


def test_a_total_is_carried_over_the_split() -> None:
    balances = np.arange(1.0, 8.0)
    in_place.carry_forward(balances)
    assert balances.tolist() == np.cumsum(np.arange(1.0, 8.0)).tolist()


@pytest.mark.parametrize("threads", [1, 2, 3, 50])
def test_threads_share_the_work(threads: int) -> None:
    balances = np.arange(10.0)
    in_place.accrue_in_threads(balances[::-1], 0.5, threads)
    assert balances.tolist() == (np.arange(10.0) * 1.5).tolist()
    in_place.accrue_in_threads(np.ones(0), 0.5, threads)


def test_some_thread_is_needed() -> None:
    with pytest.raises(ValueError, match="at least one thread"):
        in_place.accrue_in_threads(np.ones(3), 0.5, 0)


def test_threads_never_share_a_place() -> None:
    with pytest.raises(ValueError, match="share one place"):
        in_place.accrue_in_threads(as_strided(np.ones(1), (4,), (0,)), 0.5, 2)


def during_audit(balances: np.ndarray, action: Callable[[], None]) -> float:
    results: list[float] = []
    audit = threading.Thread(target=lambda: results.append(in_place.audit(balances, 1.0)))
    audit.start()
    time.sleep(0.3)
    action()
    audit.join()
    return results[0]


def test_rust_is_kept_out_while_another_thread_reads() -> None:
    balances = np.ones(4)

    def refuse() -> None:
        with pytest.raises(TypeError, match="already borrowed"):
            in_place.accrue(balances, 0.5)
        assert in_place.audit(balances, 0.0) == 4.0
        in_place.accrue(np.ones(4), 0.5)

    assert during_audit(balances, refuse) == 4.0
    in_place.accrue(balances, 0.5)


def test_python_is_not_kept_out() -> None:
    balances = np.ones(4)

    def write() -> None:
        balances[:] = 100.0

    assert during_audit(balances, write) == 400.0


def test_threads_of_python_take_parts() -> None:
    balances = np.ones(1_000_000)
    errors: list[BaseException] = []

    def accrue(part: np.ndarray) -> None:
        try:
            for _ in range(20):
                in_place.accrue(part, 1.0)
        except TypeError as error:
            errors.append(error)

    threads = [threading.Thread(target=accrue, args=(part,)) for part in np.array_split(balances, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert (balances == 2.0**20).all()


def test_a_transfer_is_whole() -> None:
    balances = np.array([100.0, 0.0])
    in_place.transfer(balances, 0, 1, 30.0)
    assert balances.tolist() == [70.0, 30.0]
    with pytest.raises(ValueError, match="too small"):
        in_place.transfer(balances, 0, 1, 71.0)
    with pytest.raises(ValueError, match="there are 2 accounts"):
        in_place.transfer(balances, 0, 2, 1.0)
    assert balances.tolist() == [70.0, 30.0]


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="without a GIL threads do meet")
def test_attached_threads_never_meet() -> None:
    balances = np.full(8, 1000.0)
    errors: list[BaseException] = []

    def move(source: int) -> None:
        try:
            for target in range(8):
                for _ in range(500):
                    in_place.transfer(balances, source, target, 0.01)
        except TypeError as error:
            errors.append(error)

    threads = [threading.Thread(target=move, args=(source,)) for source in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert balances.sum() == pytest.approx(8000.0)
