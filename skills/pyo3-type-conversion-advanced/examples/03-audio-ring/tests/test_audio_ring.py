"""A ring of frames: what goes in comes out, in any layout, in threads, and in place."""

import array
import gc
import math
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audio_ring import AudioRing, follow
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

PROJECT = Path(__file__).parents[1]
Samples = NDArray[np.float32]


def frames(count: int, channels: int = 2, start: int = 0) -> Samples:
    """Return frames that can be told apart."""
    return np.arange(start, start + count * channels, dtype="f4").reshape(count, channels)


def view_of(array: Any) -> memoryview:
    """Return a memoryview; NumPy's stubs say from Python 3.12 on that there can be one."""
    return memoryview(array)


def read(ring: AudioRing, count: int) -> Samples:
    target = np.full((count, ring.channels), -1, "f4")
    return target[: ring.read_into(target)]


# region: model
@settings(max_examples=200)
@given(
    st.integers(1, 9),
    st.integers(1, 3),
    st.lists(st.tuples(st.sampled_from(["write", "read", "commit", "consume", "resize"]), st.integers(0, 12))),
)
def test_a_ring_is_a_queue_with_a_limit(capacity: int, channels: int, steps: list[tuple[str, int]]) -> None:
    ring, queue, number = AudioRing(capacity, channels), deque[Any](), 0
    for step, count in steps:
        block = frames(count, channels, number)
        room = min(count, capacity - len(queue))
        if step == "write":
            assert ring.write(block) == room
            queue.extend(block[:room].tolist())
        elif step == "read":
            assert read(ring, count).tolist() == [queue.popleft() for _ in range(min(count, len(queue)))]
        elif step == "commit":
            first, second = map(np.asarray, ring.writable())
            assert len(first) + len(second) == ring.free == capacity - len(queue)
            first[:room] = block[: len(first)][:room]
            second[: max(room - len(first), 0)] = block[len(first) : room]
            ring.commit(room)
            queue.extend(block[:room].tolist())
            del first, second
        elif step == "consume":
            seen = [frame for view in ring.readable() for frame in view.tolist()]
            assert seen == list(queue)
            taken = min(count, len(queue))
            ring.consume(taken)
            for _ in range(taken):
                queue.popleft()
        elif count and count >= len(queue):
            ring.resize(count)
            capacity = count
        number += count * channels
        assert (ring.unread, ring.free, ring.capacity) == (len(queue), capacity - len(queue), capacity)


# endregion: model


def packed(values: Samples) -> Samples:
    """Copy samples into a field of records that aren't padded."""
    records = np.zeros(len(values), [("flag", "u1"), ("frame", "f4", values.shape[1:])])
    records["frame"] = values
    return records["frame"]


LAYOUTS: list[Any] = [
    np.ascontiguousarray,
    np.asfortranarray,
    lambda values: np.repeat(values, 2, axis=0)[::2],
    lambda values: values[::-1].copy()[::-1],
    lambda values: np.repeat(values, 3, axis=1)[:, ::3],
    lambda values: values[:, ::-1].copy()[:, ::-1],
    packed,
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_samples_may_have_any_layout(layout: Any) -> None:
    ring, values = AudioRing(5), frames(4)
    source = layout(values)
    assert_array_equal(source, values)
    assert ring.write(source) == 4
    target = layout(np.zeros((4, 2), "f4"))
    assert ring.read_into(target) == 4
    assert_array_equal(target, values)


def test_one_channel_needs_no_second_dimension() -> None:
    ring = AudioRing(10, channels=1)
    assert ring.write(array.array("f", [1, 2])) == 2
    assert ring.write(memoryview(array.array("f", [0, 3, 0, 4]))[1::2]) == 2
    assert ring.write(np.array([[5.0]], "f4")) == 1
    target = array.array("f", bytes(20))
    assert ring.read_into(target) == 5
    assert target.tolist() == [1, 2, 3, 4, 5]


def test_bits_are_kept() -> None:
    ring, odd = AudioRing(4, 1), np.array([0x7FC0_0001, 0xFFA0_0000, 0x8000_0000, 1], "u4").view("f4")
    ring.write(odd)
    assert_array_equal(read(ring, 4)[:, 0].view("u4"), odd.view("u4"))


def test_nothing_is_no_frame() -> None:
    ring = AudioRing(2)
    assert ring.write(np.zeros((0, 2), "f4"), None) == 0
    assert ring.read_into(np.zeros((0, 2), "f4"), None) == 0
    assert ring.read_into(np.zeros((3, 2), "f4")) == 0
    assert [view.shape for view in ring.readable()] == [(0, 2), (0, 2)]


@pytest.mark.parametrize(
    ("samples", "error", "reason"),
    [
        (np.zeros((2, 2)), TypeError, "found `d`"),
        (np.zeros((2, 2), ">f4"), TypeError, "found `>f`"),
        (np.zeros((2, 2), "i4"), TypeError, "found `[il]`"),
        (np.zeros((2, 2), "O"), TypeError, "found `O`"),
        (bytes(16), TypeError, "found `B`"),
        (np.zeros(4, "f4"), ValueError, r"2 channel\(s\), found an array of shape \[4\]"),
        (np.zeros((2, 3), "f4"), ValueError, r"shape \[2, 3\]"),
        (np.zeros((1, 2, 2), "f4"), ValueError, r"shape \[1, 2, 2\]"),
        ([[1.0, 2.0]], TypeError, "bytes-like"),
        (None, TypeError, "bytes-like"),
    ],
)
def test_what_is_no_frame_is_refused(samples: Any, error: type[Exception], reason: str) -> None:
    ring = AudioRing(4)
    for use in (ring.write, ring.read_into):
        with pytest.raises(error, match=reason):
            use(samples)
    assert ring.unread == 0


def test_what_is_read_only_is_no_target() -> None:
    ring, target = AudioRing(4), np.zeros((1, 2), "f4")
    target.flags.writeable = False
    ring.write(target)
    for place in (target, view_of(target), np.broadcast_to(target, (4, 2))):
        with pytest.raises(TypeError, match="read-only"):
            ring.read_into(place)
    assert ring.unread == 1


@pytest.mark.parametrize(("count", "channels"), [(0, 2), (2, 0), (2**28, 2), (2**63, 2), (2**62, 4)])
def test_sizes_from_outside_are_checked(count: int, channels: int) -> None:
    with pytest.raises(ValueError, match=r"is not possible: it has from 1 to 268435456 samples"):
        AudioRing(count, channels)
    with pytest.raises(OverflowError):
        AudioRing(-1)


@pytest.mark.parametrize("timeout", [-1.0, -math.inf, math.inf, math.nan, 1e300])
def test_timeouts_are_checked(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        AudioRing(1).write(frames(1), timeout)


# region: exports
def test_the_memory_is_lent_without_a_copy() -> None:
    ring = AudioRing(4)
    ring.write(frames(3))
    whole = np.asarray(memoryview(ring))
    assert (whole.shape, whole.dtype.str[1:]) == ((4, 2), "f4")
    assert whole.flags.c_contiguous
    assert whole.flags.writeable
    assert_array_equal(whole[:3], frames(3))
    whole[0] = 7
    assert_array_equal(read(ring, 1), [[7, 7]])
    first, _ = ring.readable()
    assert np.shares_memory(whole, np.asarray(first))
    assert first.readonly
    assert np.asarray(first).__array_interface__["data"][0] == whole.__array_interface__["data"][0] + 8


def test_a_ring_whose_memory_is_lent_is_not_resized() -> None:
    ring = AudioRing(4)
    ring.write(frames(4))
    held = np.asarray(ring.readable()[0])[1:]
    with pytest.raises(BufferError, match=r"lent to 1 view\(s\)"):
        ring.resize(8)
    # What does not change the size may go on.
    ring.consume(4)
    assert ring.write(frames(2)) == 2
    del held
    gc.collect()
    ring.resize(8)
    assert (ring.capacity, ring.unread) == (8, 2)


def test_memory_outlives_the_name_of_its_ring() -> None:
    ring = AudioRing(1000)
    ring.write(frames(1000))
    held = np.asarray(ring.readable()[0])
    del ring
    gc.collect()
    assert_array_equal(held, frames(1000))


def test_views_are_given_back() -> None:
    ring = AudioRing(4)
    references = sys.getrefcount(ring)
    for _ in range(1000):
        with memoryview(ring) as view, view[1:3] as part:
            assert part.nbytes == 16
        ring.writable()
    ring.resize(5)
    assert sys.getrefcount(ring) == references


def test_who_asks_for_less_is_served() -> None:
    ring = AudioRing(2)
    ring.write(frames(2))
    # These ask for plain bytes, without a shape.
    assert bytes(memoryview(ring)) == frames(2).tobytes()
    assert b"".join([ring]) == frames(2).tobytes()
    assert memoryview(ring).cast("B").nbytes == 16
    assert bytes(ring) == frames(2).tobytes()


# endregion: exports


def test_counts_are_checked() -> None:
    ring = AudioRing(4)
    with pytest.raises(ValueError, match=r"1 frame\(s\) can't be consumed: there are 0"):
        ring.consume(1)
    with pytest.raises(ValueError, match=r"5 frame\(s\) can't be committed: there are 4"):
        ring.commit(5)
    ring.commit(3)
    with pytest.raises(ValueError, match=r"3 frame\(s\) are not read yet"):
        ring.resize(2)
    with pytest.raises(ValueError, match="not possible"):
        ring.resize(2**40)
    assert repr(ring) == "<AudioRing 3 of 4 frames, 2 channel(s)>"


def test_a_closed_ring_is_read_to_its_end() -> None:
    ring = AudioRing(4)
    ring.write(frames(3))
    ring.close()
    ring.close()
    for use in (lambda: ring.write(frames(1)), lambda: ring.commit(0)):
        with pytest.raises(ValueError, match=r"^the ring is closed$"):
            use()
    assert ring.closed
    target = view_of(np.zeros((2, 2), "f4"))
    assert [len(block) for block in follow(ring, target)] == [2, 1]
    assert repr(ring) == "<AudioRing 0 of 4 frames, 2 channel(s), closed>"


# region: threads
def test_a_writer_and_a_reader_pass_everything_on() -> None:
    ring, total = AudioRing(1000), frames(200_000)

    def write() -> None:
        for start in range(0, len(total), 777):
            block = total[start : start + 777]
            assert ring.write(block, timeout=None) == len(block)
        ring.close()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(write)
        target = view_of(np.zeros((320, 2), "f4"))
        blocks = [np.array(block) for block in follow(ring, target)]
        future.result()
    assert_array_equal(np.concatenate(blocks), total)


def test_writers_share_a_ring() -> None:
    ring = AudioRing(64, channels=3)
    blocks = [np.full((5000, 3), number, "f4") for number in range(4)]
    target = np.zeros((20_000, 3), "f4")
    with ThreadPoolExecutor(5) as pool:
        futures = [pool.submit(ring.write, block, None) for block in blocks]
        assert ring.read_into(target, None) == 20_000
        assert [future.result() for future in futures] == [5000] * 4
    assert_array_equal(target[:, 0], target[:, 2])
    assert_array_equal(np.bincount(target[:, 0].astype(int)), [5000] * 4)


def test_a_wait_ends() -> None:
    ring, start = AudioRing(2), time.monotonic()
    assert ring.write(frames(3), timeout=0.2) == 2
    assert 0.2 <= time.monotonic() - start < 5
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ring.write, frames(1), None)
        time.sleep(0.1)
        assert not waiting.done()
        ring.close()
        assert waiting.result() == 0


def test_views_and_resizes_in_threads() -> None:
    ring, stop, refused = AudioRing(100), threading.Event(), 0

    def look() -> None:
        while not stop.is_set():
            for view in ring.readable():
                np.asarray(view).sum()

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(look) for _ in range(2)]
        for number in range(2000):
            try:
                ring.resize(100 + number % 50)
            except BufferError:
                refused += 1
            ring.write(frames(10))
            ring.consume(ring.unread)
        stop.set()
        for future in futures:
            future.result()
    ring.resize(1)
    assert 0 <= refused <= 2000


def test_threads_write_in_place_what_others_read() -> None:
    ring, stop = AudioRing(10_000, 1), threading.Event()
    ring.commit(10_000)

    def scribble() -> None:
        whole = np.asarray(memoryview(ring))
        while not stop.is_set():
            whole[...] = 1
            whole[...] = 0

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(scribble)
        for _ in range(200):
            block = read(ring, 10_000)
            assert set(np.unique(block)) <= {0.0, 1.0}
            ring.commit(10_000)
        stop.set()
        future.result()


# endregion: threads


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_a_wait() -> None:
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        AudioRing(1).read_into(np.zeros((1, 2), "f4"), timeout=None)


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]
