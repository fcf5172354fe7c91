"""What a consumer gets from a class with a buffer, and when the memory may move again."""

import gc
import hashlib
import sys
import zlib
from collections import abc

import numpy as np
import pytest
from conversion_snippets._core import buffers_out

Firmware, Notebook, Terrain = buffers_out.Firmware, buffers_out.Notebook, buffers_out.Terrain
ask, sector = buffers_out.ask, buffers_out.sector
SIMPLE, WRITABLE, FORMAT, ND, STRIDES = 0, 0x1, 0x4, 0x8, 0x18
C_CONTIGUOUS, F_CONTIGUOUS, ANY_CONTIGUOUS, FULL = 0x38, 0x58, 0x98, 0x11D


def two_rows() -> Terrain:
    heights = Terrain(3)
    heights.add_row([1, 2, 3])
    heights.add_row([4, 5, 6])
    return heights


def test_bytes_are_read_without_a_copy_and_not_written() -> None:
    firmware = Firmware(b"abc")
    view = memoryview(firmware)
    assert (bytes(firmware), view.readonly, view.obj is firmware) == (b"abc", True, True)
    assert zlib.crc32(firmware) == zlib.crc32(b"abc")
    assert hashlib.sha256(firmware).digest() == hashlib.sha256(b"abc").digest()
    assert not np.frombuffer(firmware, "u1").flags.writeable
    with pytest.raises(TypeError, match="read-only memory"):
        view[0] = 1
    with pytest.raises(BufferError, match="Object is not writable"):
        ask(firmware, WRITABLE)


def test_a_view_keeps_its_object() -> None:
    view = sector(7)
    gc.collect()
    assert (type(view), len(view), view[4095]) == (memoryview, 4096, 7)
    heights = np.asarray(two_rows())
    gc.collect()
    assert heights.sum() == 21


@pytest.mark.parametrize(
    ("flags", "without"),
    [
        (SIMPLE, {"format", "shape", "strides"}),
        (WRITABLE, {"format", "shape", "strides"}),
        (FORMAT, {"shape", "strides"}),
        (ND, {"format", "strides"}),
        (STRIDES, {"format"}),
        (C_CONTIGUOUS, {"format"}),
        (ANY_CONTIGUOUS, {"format"}),
        (FULL, set()),
    ],
)
def test_a_consumer_gets_what_it_asks_for(flags: int, without: set[str]) -> None:
    heights = two_rows()
    length, item_size, dimensions, *missing = ask(heights, flags)
    assert (length, item_size, dimensions) == (12, 2, 1 if "shape" in without else 2)
    names = zip(("format", "shape", "strides"), missing, strict=True)
    assert {name for name, is_null in names if is_null} == without
    assert heights.exports == 0


def test_another_order_is_refused() -> None:
    heights = two_rows()
    with pytest.raises(BufferError, match="row-major"):
        ask(heights, F_CONTIGUOUS)
    assert heights.exports == 0


def test_an_array_shares_the_memory() -> None:
    heights = two_rows()
    view = np.asarray(heights)
    assert (view.shape, view.strides, view.dtype) == ((2, 3), (6, 2), np.int16)
    view[1, 2] = 60
    assert heights.height(1, 2) == 60
    with pytest.raises(IndexError):
        heights.height(0, 3)


def test_the_terrain_grows_without_views() -> None:
    # region: use
    terrain = Terrain(3)
    terrain.add_row([1, 2, 3])
    heights = np.asarray(terrain)
    heights[0, 2] = 30
    assert terrain.height(0, 2) == 30
    with pytest.raises(BufferError, match="can't grow while views of it exist"):
        terrain.add_row([4, 5, 6])
    del heights
    terrain.add_row([4, 5, 6])
    # endregion: use


def test_the_terrain_grows_when_the_last_view_is_gone() -> None:
    heights = two_rows()
    view = np.asarray(heights)
    part = view[::2]
    assert heights.exports == 1
    del view
    with pytest.raises(BufferError, match="can't grow while views"):
        heights.add_row([7, 8, 9])
    del part
    assert (np.array(heights).shape, len(bytes(heights))) == ((2, 3), 12)
    heights.add_row([7, 8, 9])
    assert np.array(heights)[2].tolist() == [7, 8, 9]


def test_a_part_of_a_memoryview_keeps_its_export() -> None:
    heights = two_rows()
    view = memoryview(heights)
    part = view[1:]
    view.release()
    assert heights.exports == 1
    part.release()
    assert heights.exports == 0


def test_a_terrain_without_rows() -> None:
    heights = Terrain(3)
    assert (np.asarray(heights).shape, bytes(heights)) == ((0, 3), b"")


def test_python_knows_buffers_from_3_12_on() -> None:
    heights = two_rows()
    assert hasattr(heights, "__buffer__") == (sys.version_info >= (3, 12))
    if sys.version_info >= (3, 12):
        assert isinstance(heights, abc.Buffer)
        with heights.__buffer__(SIMPLE) as view:
            assert (view.ndim, view.nbytes) == (1, 12)


def test_flags_contain_each_other() -> None:
    assert STRIDES & ND == ND
    assert F_CONTIGUOUS & STRIDES == STRIDES


def test_a_release_during_a_mutable_borrow_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: errors.append(str(error.exc_value)))
    notebook = Notebook(b"abc")
    view = memoryview(notebook)
    notebook.edit(view.release)
    assert errors == ["Already borrowed"]
    assert notebook.edit(lambda: None) == 1


def test_a_buffer_during_a_mutable_borrow_is_refused() -> None:
    notebook = Notebook(b"abc")
    with pytest.raises(RuntimeError, match="Already borrowed"):
        notebook.edit(lambda: memoryview(notebook))
