"""What `PyBuffer` accepts and copies, and how long it keeps memory where it is."""

import array
import ctypes
import io
import mmap
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conversion_snippets._core import buffers_in

Hold = buffers_in.Hold
GRID = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    "levels",
    [GRID, GRID.T, GRID[::-1, ::2], np.asfortranarray(GRID), memoryview(GRID), array.array("d", GRID.ravel())],
)
def test_elements_arrive_in_the_order_of_c(levels: object) -> None:
    expected = np.asarray(levels)
    assert buffers_in.elements(levels, False) == expected.ravel().tolist()
    assert buffers_in.elements(levels, True) == expected.ravel(order="F").tolist()
    assert buffers_in.tidal_range(levels) == expected.max() - expected.min()


def test_what_is_written_back_goes_to_the_same_places() -> None:
    levels, expected = GRID.copy(), GRID.copy()
    buffers_in.change_datum(levels[::-1, ::2].T, 100.0)
    expected[::-1, ::2] += 100.0
    np.testing.assert_array_equal(levels, expected)


def test_another_length_and_a_read_only_buffer_are_refused() -> None:
    with pytest.raises(BufferError, match=r"of length 3\) does not match buffer length of 4"):
        buffers_in.write_three(np.zeros(4))
    with pytest.raises(BufferError, match="cannot write to read-only buffer"):
        buffers_in.write_three(memoryview(np.zeros(3)).toreadonly())
    with pytest.raises(BufferError, match="these levels are read-only"):
        buffers_in.change_datum(memoryview(np.zeros(3)).toreadonly(), 1.0)


@pytest.mark.parametrize("levels", [[1.0], "1.0", pd.Series([1.0]), pl.Series([1.0])])
def test_what_has_no_buffer_is_a_type_error(levels: object) -> None:
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        buffers_in.tidal_range(levels)
    with pytest.raises(BufferError, match="not compatible with f64"):
        buffers_in.tidal_range(np.zeros(3, "f4"))


def test_parts_are_copied_one_at_a_time() -> None:
    assert buffers_in.highest_of_each(np.arange(10.0), 4) == [3.0, 7.0, 9.0]
    assert buffers_in.highest_of_each(np.arange(12.0).reshape(6, 2), 2) == [3.0, 7.0, 11.0]


@pytest.mark.parametrize(
    ("memory", "accepted"),
    [
        (b"abc", ["u8"]),
        (memoryview(b"abc").cast("b"), ["i8"]),
        (memoryview(b"abc").cast("c"), ["u8"]),
        (pa.py_buffer(b"abc"), ["i8"]),
        (memoryview(pa.py_buffer(b"abc")).cast("B"), ["u8"]),
        (array.array("d", [1]), ["f64"]),
        (np.zeros(2, "u4"), ["u32"]),
        (np.zeros(2, "?"), []),
        (np.zeros(2, "?").view("u1"), ["u8"]),
        (np.zeros(2, "f2"), []),
        (np.zeros(2, "c16"), []),
        (np.zeros(2, [("level", "f8"), ("flag", "u1")]), []),
        (np.zeros(2, "M8[s]"), []),
        (np.zeros(2, "M8[s]").view("i8"), ["i64"]),
        (np.zeros(()), []),
        (np.zeros(()).reshape(1), ["f64"]),
        (np.broadcast_to(1.0, (2, 3)), ["f64"]),
    ],
)
def test_which_elements_are_accepted(memory: object, accepted: list[str]) -> None:
    assert buffers_in.accepted(memory) == accepted


@pytest.mark.skipif(struct.calcsize("l") != 8, reason="long has 32 bits on Windows")
@pytest.mark.parametrize("code", ["l", "q"])
def test_long_and_long_long_are_one_type(code: str) -> None:
    assert buffers_in.accepted(array.array(code, [1])) == ["i64"]


@pytest.mark.skipif(sys.byteorder != "little", reason="the other order is another one")
def test_pyo3_takes_the_wrong_byte_order() -> None:
    swapped = np.array([1.0, 2.0], ">f8")
    assert buffers_in.elements(swapped, False) == [3.03865e-319, 3.16e-322]
    right = memoryview((ctypes.c_double * 2)(1.0, 2.0))
    assert right.format == "<d"
    assert buffers_in.accepted(right) == []
    with pytest.raises(BufferError, match="in the other byte order"):
        buffers_in.mean_level(swapped)


@pytest.mark.parametrize(
    ("levels", "mean"),
    [
        (np.array([1.0, 2.0]), 1.5),
        (np.array([1.0, 2.0], "f4"), 1.5),
        (np.array([1000, 2000], "i4"), 1.5),
        (array.array("h", [1000, 2000]), 1.5),
    ],
)
def test_a_mean_of_any_type(levels: object, mean: float) -> None:
    assert buffers_in.mean_level(levels) == mean


@pytest.mark.parametrize(
    ("levels", "message"),
    [(b"12", "not `B`"), (np.zeros(0), "no levels"), (np.zeros(2, "V0"), "no levels")],
)
def test_what_has_no_mean(levels: object, message: str) -> None:
    with pytest.raises(BufferError, match=message):
        buffers_in.mean_level(levels)


def test_the_count_of_items_without_a_size_panics() -> None:
    with pytest.raises(BaseException, match="divide by zero") as error:
        buffers_in.describe(np.zeros(2, "V0"))
    assert error.typename == "PanicException"


def test_only_the_first_element_has_to_be_aligned() -> None:
    first = np.array([(1.0, 0), (2.0, 0)], [("level", "f8"), ("flag", "u1")])["level"]
    second = np.zeros(2, [("flag", "u1"), ("level", "f8")])["level"]
    assert buffers_in.elements(first, False) == [1.0, 2.0]
    with pytest.raises(BufferError, match="insufficiently aligned"):
        buffers_in.elements(second, False)


def test_an_empty_array_lies_anywhere() -> None:
    empty = array.array("d")
    assert buffers_in.accepted(empty) == ([] if np.asarray(empty).ctypes.data % 8 else ["f64"])


def test_exporters_that_leave_out_shape_or_strides() -> None:
    levels = (ctypes.c_double * 3)(1.0, 2.0, 3.0)
    with pytest.raises(BufferError, match="strides is null"):
        buffers_in.describe(levels)
    with pytest.raises(BufferError, match="shape is null"):
        buffers_in.describe(np.zeros(()))
    with pytest.raises(ValueError, match="cannot include dtype 'M'"):
        buffers_in.describe(np.zeros(2, "M8[s]"))
    assert buffers_in.tidal_range(np.frombuffer(levels)) == 2.0


@pytest.mark.parametrize(
    ("memory", "orders"),
    [
        (np.zeros((2, 3)), (True, False)),
        (np.zeros((3, 2)).T, (False, True)),
        (np.zeros((4, 4))[::2], (False, False)),
        (np.zeros(3), (True, True)),
    ],
)
def test_a_pointer_is_for_one_order(memory: object, orders: tuple[bool, bool]) -> None:
    assert buffers_in.contiguous(memory) == orders


def test_lines_are_counted_in_place() -> None:
    assert buffers_in.count_lines(b"a\nb\nc\n") == 3
    assert buffers_in.count_lines(bytearray()) == 0
    assert buffers_in.count_lines(memoryview(array.array("d", [1.0])).cast("B")) == 0
    assert buffers_in.count_lines(memoryview(b"a\nb\n")[2:]) == 1
    with pytest.raises(BufferError, match="not contiguous"):
        buffers_in.count_lines(memoryview(b"a\nb\n")[::2])
    with pytest.raises(TypeError, match="C-contiguous"):
        memoryview(GRID.T).cast("B")


def test_c_code_writes_while_rust_is_attached() -> None:
    memory = bytearray(1)
    code = "import time; time.sleep(1); print('x', end='')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, bufsize=0) as process:
        assert isinstance(process.stdout, io.FileIO)
        reader = threading.Thread(target=process.stdout.readinto, args=(memory,))
        reader.start()
        assert buffers_in.changes(memory)
        reader.join()
    assert memory == b"x"


def mapped_file() -> mmap.mmap:
    """Map a file, because from Python 3.15 on memory without a file can't be resized."""
    with tempfile.TemporaryFile() as file:
        file.truncate(4096)
        return mmap.mmap(file.fileno(), 0)


def stream() -> io.BytesIO:
    return io.BytesIO(b"abc")


@pytest.mark.parametrize(
    ("owner", "export", "change"),
    [
        (bytearray(3), lambda owner: owner, lambda owner: owner.append(1)),
        (bytearray(3), lambda owner: owner, lambda owner: owner.clear()),
        (array.array("B", [1]), lambda owner: owner, lambda owner: owner.append(1)),
        (mapped_file(), lambda owner: owner, lambda owner: owner.resize(8192)),
        (mapped_file(), lambda owner: owner, lambda owner: owner.close()),
        (stream(), lambda owner: owner.getbuffer(), lambda owner: owner.write(b"x")),
        (memoryview(b"abc"), lambda owner: owner, lambda owner: owner.release()),
    ],
)
def test_an_exporter_refuses_to_move_its_memory(
    owner: object, export: Callable[[object], object], change: Callable[[object], object]
) -> None:
    hold = Hold(export(owner))
    with pytest.raises(BufferError):
        change(owner)
    hold.close()
    change(owner)


def test_a_hold_is_no_lock_and_numpy_does_not_count_exports() -> None:
    memory = bytearray(3)
    hold = Hold(memory)
    memory[0] = 1
    hold.close()
    samples = np.zeros(3, "u1")
    hold = Hold(samples)
    with pytest.raises(ValueError, match="referenced"):
        samples.resize(10)
    # `hold` points to memory that was freed, and is not read from here on.
    samples.resize(10, refcheck=False)
    hold.close()


def test_a_buffer_keeps_its_object() -> None:
    samples = array.array("d", [1.0])
    before = sys.getrefcount(samples)
    hold = Hold(memoryview(samples).cast("B"))
    assert sys.getrefcount(samples) == before + 1
    del hold
    assert sys.getrefcount(samples) == before


def test_a_memoryview_that_is_used_can_not_be_released() -> None:
    with pytest.raises(BufferError, match="1 exported buffer"), memoryview(bytearray(3)) as view:
        hold = Hold(view)
    hold.close()
    view.release()
    with pytest.raises(ValueError, match="released memoryview"):
        Hold(view)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`__buffer__` is new in Python 3.12")
def test_a_class_in_python_may_have_a_buffer() -> None:
    class Log:
        def __buffer__(self, flags: int) -> memoryview:
            return memoryview(b"a\nb\n")

    assert buffers_in.count_lines(Log()) == 2
