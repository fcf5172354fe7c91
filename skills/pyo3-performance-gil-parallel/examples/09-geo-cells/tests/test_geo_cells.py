"""What a caller may rely on, in the main interpreter."""

import ctypes
import sys
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from geo_cells import CellError, count_cells, count_parts, decode, encode, neighbors


def test_places_have_cells() -> None:
    assert encode(57.64911, 10.40744, 11) == "u4pruydqqvj"
    assert encode(latitude=42.605, longitude=-5.603, precision=5) == "ezs42"
    assert decode("ezs42") == pytest.approx((42.60498, -5.60303), abs=1e-5)
    assert encode(*decode("u4pruydqqvj")) == "u4pruydqq"
    assert neighbors("EZS42") == ["ezs48", "ezs49", "ezs43", "ezs41", "ezs40", "ezefp", "ezefr", "ezefx"]
    assert [len(neighbors(encode(latitude, 0))) for latitude in (-90, 0, 90)] == [5, 8, 5]


def test_places_are_counted() -> None:
    places = array("d", [42.605, -5.603, 42.605, -5.6031, -1, -1])
    assert count_cells(places) == {"ezs42": 2, encode(-1, -1, 5): 1}
    assert count_cells(memoryview(bytes(places)).cast("d"), precision=1) == {"e": 2, "7": 1}
    assert count_cells(array("d")) == {}
    assert count_cells((ctypes.c_double * 2)(42.605, -5.603)) == {"ezs42": 1}
    assert count_cells(memoryview(places).cast("b").cast("d", [3, 2])) == count_cells(places)


# region: errors
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: encode(90.5, 0), r"there is no latitude 90\.5: expected -90 to 90"),
        (lambda: encode(0, float("nan")), "there is no longitude NaN"),
        (lambda: encode(0, 0, 13), "`precision` must be from 1 to 12, not 13"),
        (lambda: encode(0, 0, -1), "`precision` must be from 1 to 12, not -1"),
        (lambda: decode(""), "`` is not a cell"),
        (lambda: decode("a\0é"), r"`a\\0é` is not a cell"),
        (lambda: neighbors("u" * 1_000_000), "`uuuuuuuuuuuuuuuuuuuu` is not a cell"),
        (lambda: count_cells(array("d", [0, 181])), "there is no longitude 181"),
        (lambda: count_cells(array("d", [0, 0] * 1000 + [-91, 0])), "there is no latitude -91"),
    ],
)
def test_what_is_no_cell_is_an_error(call: Any, message: str) -> None:
    with pytest.raises(CellError, match=message) as caught:
        call()
    assert isinstance(caught.value, ValueError)
    assert CellError.__module__ == "geo_cells"


@pytest.mark.parametrize(
    "call",
    [
        lambda: encode("0", 0),  # type: ignore[arg-type]
        lambda: encode(0),  # type: ignore[call-arg]
        lambda: encode(0, 0, 1, 2),  # type: ignore[call-arg]
        lambda: encode(0, 0, other=1),  # type: ignore[call-arg]
        lambda: decode(b"ezs42"),  # type: ignore[arg-type]
        lambda: count_cells([0, 0]),  # type: ignore[arg-type]
        lambda: count_cells(bytes(16)),
        lambda: count_cells(array("d", [1])),
        lambda: count_cells(array("q", [1, 1])),
    ],
)
def test_arguments_of_other_types_are_errors(call: Any) -> None:
    with pytest.raises(TypeError):
        call()


def test_memory_with_gaps_and_halves_of_characters_are_errors() -> None:
    with pytest.raises(BufferError):
        count_cells(memoryview(array("d", [1, 2, 3, 4]))[::2])
    with pytest.raises(UnicodeEncodeError):
        decode("\ud800")
    with pytest.raises(OverflowError):
        encode(0, 0, 1 << 40)


class Broken:
    """A number that is none."""

    def __float__(self) -> float:
        raise ZeroDivisionError


def test_what_an_argument_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        encode(Broken(), 0)  # type: ignore[arg-type]


# endregion: errors


def test_memory_is_given_back() -> None:
    places = array("d", [0, 181])
    with pytest.raises(CellError):
        count_cells(places)
    places.append(1)  # a BufferError if it was still lent
    count_cells(places[:0])


def test_objects_are_counted_right() -> None:
    places, cell = array("d", [1, 2] * 3), encode(42.605, -5.603, 5)
    before = sys.getrefcount(places), sys.getrefcount(cell), sys.getrefcount(CellError)
    for _ in range(1000):
        count_cells(places)
        neighbors(cell)
        decode(cell)
        with pytest.raises(CellError):
            decode("a")
    assert (sys.getrefcount(places), sys.getrefcount(cell)) == before[:2]
    assert abs(sys.getrefcount(CellError) - before[2]) < 50


# region: threads
def test_threads_count_at_the_same_time() -> None:
    places = array("d", [coordinate for n in range(5000) for coordinate in (n % 90, n % 180)])
    expected = count_cells(places)
    with ThreadPoolExecutor(8) as pool:
        assert all(result == expected for result in pool.map(count_cells, [places] * 40))


def test_other_threads_run_meanwhile() -> None:
    places = array("d", [1, 2]) * 200_000

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            count_cells(places)
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
        assert any(runs_meanwhile() for _ in range(100))
    finally:
        sys.setswitchinterval(interval)


# endregion: threads


def test_workers_count_parts() -> None:
    parts = [b"42.605,-5.603\n-1,-1\n" * 100] * 4
    assert count_parts(parts) == {"ezs42": 400, encode(-1, -1, 5): 400}
    assert count_parts([], workers=1) == {}
    for part in (b"1,2\nx,y\n", b"1\n", b"91,0\n"):
        with pytest.raises(ValueError, match=r"convert|unpack|latitude"):
            count_parts([part])
