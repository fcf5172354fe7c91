"""Tensors lent and borrowed by DLPack: versions, flags, devices, and who frees them when."""

import gc
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from conversion_snippets._core import dlpack

READ_ONLY, COPIED = 1, 2


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = dlpack.exports()
    yield
    gc.collect()
    assert dlpack.exports() == before


def frame() -> dlpack.Frame:
    return dlpack.Frame(2, 3, [20.0, 21.5, 19.0, 36.5, 30.0, 22.0])


def test_numpy_borrows_a_frame() -> None:
    array = np.from_dlpack(frame())
    gc.collect()
    assert (array.shape, array.dtype, array.flags.writeable) == ((2, 3), np.float32, False)
    assert array[1].tolist() == [36.5, 30.0, 22.0]
    with pytest.raises(ValueError, match="read-only"):
        array[0, 0] = 0
    assert dlpack.exports() == 1
    view = array[1:]
    del array
    gc.collect()
    assert dlpack.exports() == 1
    del view


def test_it_is_not_copied() -> None:
    thermal = frame()
    array = np.from_dlpack(thermal)
    address = array.__array_interface__["data"][0]
    assert dlpack.inspect(thermal) == (address, READ_ONLY)
    copy = np.from_dlpack(thermal, copy=True)
    assert copy.flags.writeable
    assert copy.__array_interface__["data"][0] != address


def test_what_a_consumer_may_ask_for() -> None:
    thermal = frame()
    assert thermal.__dlpack_device__() == (1, 0)
    assert "dltensor_versioned" in repr(thermal.__dlpack__(max_version=(1, 0)))
    assert "dltensor_versioned" in repr(thermal.__dlpack__(max_version=(2, 1), dl_device=(1, 0), copy=False))
    for options in ({}, {"max_version": (0, 8)}):
        with pytest.raises(BufferError, match=r"a read-only frame needs DLPack 1\.0"):
            thermal.__dlpack__(**options)
    for options in ({"stream": 1}, {"dl_device": (2, 0)}):
        with pytest.raises(BufferError, match="in the memory of the CPU"):
            thermal.__dlpack__(max_version=(1, 0), **options)
    with pytest.raises(TypeError):
        thermal.__dlpack__(None)


def test_a_capsule_that_nobody_takes_is_freed() -> None:
    capsule = frame().__dlpack__(max_version=(1, 0))
    assert dlpack.exports() == 1
    del capsule


def test_a_frame_borrows_from_numpy() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert dlpack.hottest(array) == 5.0
    assert dlpack.inspect(array) == (array.__array_interface__["data"][0], 0)
    assert dlpack.inspect(array[1:])[0] == array.__array_interface__["data"][0] + 12
    array.flags.writeable = False
    assert dlpack.inspect(array)[1] == READ_ONLY
    assert dlpack.hottest(array[:0]) is None
    assert dlpack.hottest(array[:1, ::5]) == 0.0
    assert dlpack.hottest(frame()) == 36.5
    assert dlpack.hottest(pa.array([1.5, 2.5], pa.float32())) == 2.5


@pytest.mark.parametrize(
    ("array", "error", "message"),
    [
        (np.zeros(3), TypeError, "must consist of 32-bit floats"),
        (np.zeros(3, np.int32), TypeError, "must consist of 32-bit floats"),
        (np.zeros((3, 4), np.float32)[:, ::2], BufferError, "not contiguous"),
        (np.zeros((3, 4), np.float32).T, BufferError, "not contiguous"),
        (np.zeros(4, np.float32)[::-1], BufferError, "not contiguous"),
        (np.zeros((), np.float32), BufferError, "no dimensions"),
        (np.zeros(3, ">f4"), BufferError, "native byte order"),
        (np.zeros(3, "M8[s]"), BufferError, "DLPack only supports"),
        (np.zeros(13, np.uint8)[1:].view(np.float32), BufferError, "not aligned"),
        ([1.0], AttributeError, "__dlpack_device__"),
    ],
)
def test_what_is_refused(array: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        dlpack.hottest(array)


class Older:
    """A producer that knows only the first version of the protocol."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __dlpack__(self, stream: None = None) -> object:
        return np.zeros(1, np.float32).__dlpack__(stream=stream)


class Used:
    """A producer that hands out one capsule twice."""

    def __init__(self) -> None:
        self.capsule = np.ones(1, np.float32).__dlpack__(max_version=(1, 0))

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)

    def __dlpack__(self, **options: object) -> object:
        return self.capsule


class OnTheGraphicsCard(Used):
    def __dlpack_device__(self) -> tuple[int, int]:
        return (2, 0)


def test_other_producers() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_version'"):
        dlpack.hottest(Older())
    used = Used()
    assert dlpack.hottest(used) == 1.0
    assert "used_dltensor_versioned" in repr(used.capsule)
    with pytest.raises(ValueError, match="incorrect name"):
        dlpack.hottest(used)
    with pytest.raises(BufferError, match="not in the memory of the CPU"):
        dlpack.hottest(OnTheGraphicsCard())


def test_a_tensor_may_be_given_back_on_any_thread() -> None:
    dlpack.drop_elsewhere(frame())
    assert dlpack.exports() == 0


@pytest.mark.parametrize(
    "column", [pa.array([1.0, None]), pa.array([True]), pa.array(["a"])], ids=lambda c: str(c.type)
)
def test_what_pyarrow_does_not_lend(column: pa.Array) -> None:
    with pytest.raises(pa.lib.ArrowTypeError):
        column.__dlpack__(max_version=(1, 0))


def test_what_numpy_asks_for() -> None:
    asked = []

    class Asked:
        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

        def __dlpack__(self, **options: object) -> object:
            asked.append(options)
            return frame().__dlpack__(**options)

    np.from_dlpack(Asked())
    assert asked == [{"max_version": (1, 0), "dl_device": None, "copy": None}]


def test_what_numpy_does_by_version() -> None:
    for dtype in ("?", "f2", "c8", "u1"):
        assert "dltensor_versioned" in repr(np.zeros(2, dtype).__dlpack__(max_version=(1, 0)))
    array = np.zeros(2, np.float32)
    assert '"dltensor"' in repr(array.__dlpack__())
    array.flags.writeable = False
    with pytest.raises(BufferError, match="readonly"):
        array.__dlpack__()
    assert "dltensor_versioned" in repr(array.__dlpack__(max_version=(1, 0)))
