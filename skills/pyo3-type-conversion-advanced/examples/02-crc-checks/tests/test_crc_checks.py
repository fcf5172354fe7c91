"""Checksums of all kinds of memory, beside a plain CRC-32C and zlib's Adler-32."""

import array
import copy
import ctypes
import functools
import hashlib
import io
import mmap
import re
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crc_checks import (
    Checksum,
    adler32,
    chunk_sums,
    combine,
    crc32c,
    find_damage,
    find_file_damage,
    sum_file,
)
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices
from numpy.typing import NDArray
from reference import plain_crc32c

PROJECT = Path(__file__).parents[1]
Array = NDArray[Any]
NAMES = st.sampled_from(["crc32c", "adler32"])
PLAIN: dict[str, Callable[[bytes], int]] = {"crc32c": plain_crc32c, "adler32": zlib.adler32}


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_are_those_of_others(first: bytes, second: bytes) -> None:
    assert crc32c(first) == plain_crc32c(first)
    assert adler32(first) == zlib.adler32(first)
    assert crc32c(second, crc32c(first)) == plain_crc32c(first + second)
    assert adler32(second, value=adler32(first)) == zlib.adler32(first + second)


@given(NAMES, st.binary(max_size=300), st.binary(max_size=300))
def test_checksums_of_pieces_are_combined(name: Any, first: bytes, second: bytes) -> None:
    plain = PLAIN[name]
    assert combine(name, plain(first), plain(second), len(second)) == plain(first + second)


# region: layouts
@given(st.data(), st.sampled_from(["u1", "<i2", ">i4", "f8", "?", "c16", "S3"]))
def test_views_are_read_as_tobytes_orders_them(data: st.DataObject, dtype: str) -> None:
    values = data.draw(arrays(dtype, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)))
    index = data.draw(basic_indices(values.shape, allow_newaxis=True))
    view = np.asarray(values[index])
    view = view.T if data.draw(st.booleans()) else view
    assert crc32c(view) == crc32c(view.tobytes())
    assert adler32(view) == zlib.adler32(view.tobytes())


class Pair(ctypes.Structure):
    """Two fields, with a gap between them."""

    _fields_ = [("small", ctypes.c_uint8), ("large", ctypes.c_uint64)]


LENT: list[Any] = [
    b"",
    b"abc",
    bytearray(b"abc"),
    memoryview(b"abcdef")[::-2],
    memoryview(bytes(24)).cast("I", [2, 3]),
    memoryview(bytes(24)).cast("I", [2, 3])[1:],
    array.array("d", [1.5, -0.0]),
    array.array("h"),
    (ctypes.c_int * 3)(1, 2, 3),
    ctypes.c_double(2.5),
    Pair(1, 2),
    np.float32(0.5),
    np.array(7),
    np.zeros((0, 3)),
    np.zeros((3, 0), order="F"),
    np.broadcast_to(np.int16(258), (3, 4)),
    np.arange(12.0).reshape(3, 4).T,
    np.arange(10)[::-3],
    np.frombuffer(b"\0" + bytes(range(16)), "<f8", offset=1),
    np.zeros(3, [("Order", "i4"), ("Open", "f8")]),
    np.zeros(3, [("sensor", "u1"), ("value", ">f8")])["value"],
    np.lib.stride_tricks.as_strided(np.arange(4), (3, 2), (8, 8)),
    io.BytesIO(b"buffer").getbuffer(),
]


@pytest.mark.parametrize("data", LENT, ids=lambda data: type(data).__name__)
def test_any_memory_is_taken(data: Any) -> None:
    content = memoryview(data).tobytes()
    assert crc32c(data) == plain_crc32c(content)
    assert adler32(data) == zlib.adler32(content)
    assert Checksum("crc32c", data).value == crc32c(data)


# endregion: layouts


def test_memory_with_suboffsets_is_taken() -> None:
    testbuffer: Any = pytest.importorskip("_testbuffer", reason="this Python comes without its own tests' modules")
    items = list(range(24))
    flags = testbuffer.ND_PIL | testbuffer.ND_WRITABLE
    for shape in ([24], [4, 6], [2, 3, 4]):
        data = testbuffer.ndarray(items, shape=shape, format="H", flags=flags)
        assert memoryview(data).suboffsets
        assert crc32c(data) == plain_crc32c(data.tobytes())
        part = data[1:]
        assert crc32c(part) == plain_crc32c(part.tobytes())


@pytest.mark.parametrize("size", [16_383, 16_384, 16_385, 100_000, 20_000_000])
def test_blocks_are_joined(size: int) -> None:
    data = np.random.default_rng(1).integers(0, 256, size, "u1").tobytes()
    assert adler32(data) == zlib.adler32(data)
    half = size // 2
    assert crc32c(data) == combine("crc32c", crc32c(data[:half]), crc32c(memoryview(data)[half:]), size - half)
    strided = np.frombuffer(data, "u1")[3::-1]
    assert adler32(strided) == zlib.adler32(strided.tobytes())


@pytest.mark.parametrize("data", ["text", 5, None, [1, 2], np.zeros(2, "O"), np.zeros(2, [("a", "i4"), ("b", "O")])])
def test_what_is_not_data_is_refused(data: Any) -> None:
    for use in (crc32c, adler32, Checksum().update, lambda data: chunk_sums(data, 64)):
        with pytest.raises(TypeError, match=r"buffer|bytes-like|references to Python objects"):
            use(data)


def test_what_numpy_does_not_lend_is_its_error() -> None:
    with pytest.raises((ValueError, BufferError), match="buffer"):
        crc32c(np.zeros(2, "M8[s]"))
    assert crc32c(np.zeros(2, "M8[s]").view("i8")) == crc32c(bytes(16))


def test_released_memory_is_refused() -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(ValueError, match="released"):
        crc32c(view)
    memory = mmap.mmap(-1, 10)
    memory.close()
    with pytest.raises(ValueError, match="closed"):
        crc32c(memory)


@pytest.mark.parametrize("value", [-1, 2**32])
def test_values_have_32_bits(value: int) -> None:
    with pytest.raises(OverflowError):
        crc32c(b"", value)


@pytest.mark.parametrize("value", [0xFFFF_FFFF, 65521, 65521 << 16])
def test_what_is_no_adler_checksum_is_refused(value: int) -> None:
    uses: list[Callable[[], int]] = [lambda: adler32(b"a", value), lambda: combine("adler32", 1, value, 1)]
    for use in uses:
        with pytest.raises(ValueError, match="is not an Adler-32 checksum"):
            use()
    assert adler32(b"", 0xFFF0_FFF0) == 0xFFF0_FFF0


def test_names_are_checked() -> None:
    uses: list[Callable[[Any], object]] = [
        Checksum,
        lambda name: combine(name, 0, 0, 0),
        lambda name: chunk_sums(b"", 64, name),
    ]
    for use in uses:
        with pytest.raises(ValueError, match="`md5` is not a checksum: expected `crc32c` or `adler32`"):
            use("md5")


# region: exports
def test_memory_is_given_back() -> None:
    data = bytearray(100_000)
    references = sys.getrefcount(data)
    crc32c(data)
    checksum = Checksum("adler32", data)
    with pytest.raises(ValueError, match="at least 64"):
        chunk_sums(data, 1)
    data.append(1)
    checksum.update(data)
    data.clear()
    assert sys.getrefcount(data) == references


# endregion: exports


def test_a_checksum_has_the_methods_of_hashlib() -> None:
    checksum = Checksum()
    checksum.update(b"1234")
    branch = checksum.copy()
    checksum.update(memoryview(b"56789"))
    assert (checksum.value, checksum.hexdigest()) == (0xE3069283, "e3069283")
    assert checksum.digest() == bytes.fromhex("e3069283")
    assert (checksum.digest_size, checksum.name, repr(checksum)) == (4, "crc32c", "<Checksum crc32c e3069283>")
    assert branch.value == copy.copy(branch).value == crc32c(b"1234")
    assert Checksum("adler32").value == zlib.adler32(b"")


def test_hashlib_takes_it_for_files() -> None:
    data = bytes(range(256)) * 5000
    digest: Any = hashlib.file_digest(io.BytesIO(data), Checksum)  # type: ignore[arg-type]
    assert digest.value == crc32c(data)


def test_chunks_have_sums() -> None:
    data = np.arange(1000, dtype="u2")
    parts = [data[start : start + 50].tobytes() for start in range(0, 1000, 50)]
    assert chunk_sums(data, 100) == [plain_crc32c(part) for part in parts]
    assert chunk_sums(data, 1999, "adler32") == [
        zlib.adler32(data.tobytes()[:1999]),
        zlib.adler32(data.tobytes()[1999:]),
    ]
    assert chunk_sums(data, 2**62) == [crc32c(data)]
    assert chunk_sums(b"", 64) == []


def test_damage_is_found() -> None:
    data = bytearray(range(256)) * 100
    sums = chunk_sums(data, 1000)
    assert find_damage(data, sums, 1000) == []
    data[0] ^= 1
    data[25_599] ^= 128
    assert find_damage(data, sums, 1000) == [0, 25]
    with pytest.raises(ValueError, match=r"26 chunk\(s\) of 1000 bytes, and there are 25 sum\(s\)"):
        find_damage(data, sums[:-1], 1000)


def test_files_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    path.write_bytes(bytes(100_000))
    sums = sum_file(path, 4096)
    with path.open("r+b") as file:
        file.seek(99_999)
        file.write(b"!")
    assert find_file_damage(path, sums, 4096) == [range(98_304, 100_000)]
    path.write_bytes(b"")
    assert sum_file(path) == []
    with pytest.raises(ValueError, match="chunk"):
        find_file_damage(path, sums, 4096)
    with pytest.raises(FileNotFoundError):
        sum_file(tmp_path / "none")


# region: threads
def test_threads_sum_parts_of_one_file_that_are_combined(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    path.write_bytes(np.random.default_rng(2).bytes(8_000_001))
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory,
        memoryview(memory) as view,
    ):
        parts = [view[start : start + 1_000_000] for start in range(0, len(view), 1_000_000)]
        with ThreadPoolExecutor(4) as pool:
            sums = list(pool.map(crc32c, parts))
        pairs = zip(sums, map(len, parts), strict=True)
        total = functools.reduce(lambda total, pair: combine("crc32c", total, *pair), pairs, 0)
        assert total == crc32c(view)
        for part in parts:
            part.release()


def test_threads_share_a_checksum() -> None:
    checksum = Checksum()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(checksum.update, [bytes(10_000)] * 100))
    assert checksum.value == crc32c(bytes(1_000_000))


def test_data_may_change_meanwhile_and_can_not_move() -> None:
    data, stop = bytearray(8_000_000), threading.Event()

    def scribble() -> int:
        refused = 0
        while not stop.is_set():
            data[:8_000_000:1000] = b"x" * 8000
            try:
                data.append(0)
                data.pop()
            except BufferError:
                refused += 1
        return refused

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(scribble)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            crc32c(data)
        stop.set()
        assert future.result() > 0, "the other thread ran, while the memory was lent"
    assert crc32c(data) == crc32c(bytes(data))


# endregion: threads


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_a_long_call() -> None:
    # One byte, seen 2**40 times: at any speed that takes minutes.
    endless = np.broadcast_to(np.zeros((), "u1"), 2**40)
    timer = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        crc32c(endless)


def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
