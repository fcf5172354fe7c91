"""Frames from NumPy and others, and tensors to them."""

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from foreign import IS_COPIED, LEGACY, VERSIONED, Foreign, Legacy, name_of, read
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from tensor_exchange import (
    Tensor,
    TensorBufferError,
    TensorError,
    TensorTypeError,
    TensorValueError,
    fill_tensor,
    to_tensor,
)

Array = NDArray[Any]

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)


def frames(*shape: int) -> Array:
    return np.random.default_rng(1).integers(0, 256, shape or (2, 7, 5, 3)).astype("u1")


def in_numpy(values: Array, mean: Any = MEAN, deviation: Any = DEVIATION) -> Array:
    scaled = (values.astype("f4") / np.float32(255) - np.array(mean, "f4")) / np.array(deviation, "f4")
    return np.ascontiguousarray(scaled.transpose(0, 3, 1, 2))


def frozen(values: Array) -> Array:
    copy = values.copy()
    copy.flags.writeable = False
    return copy


def address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "contiguous": lambda values: values,
    "Fortran order": np.asfortranarray,
    "read-only": frozen,
    "every second row": lambda values: values[:, ::2],
    "backwards": lambda values: values[::-1, ::-1, ::-1, ::-1],
    "part of four channels": lambda values: np.concatenate([values, values], -1)[..., 1:4],
    "channels first": lambda values: np.ascontiguousarray(values.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1),
    "broadcast": lambda values: np.broadcast_to(values[:1], values.shape),
    "overlapping": lambda values: as_strided(values, values.shape, (1, 2, 1, 1)),
    "no frames": lambda values: values[:0],
    "no columns": lambda values: values[:, :, :0],
    "from a file": lambda values: np.frombuffer(values.tobytes(), "u1").reshape(values.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_frames_of_any_layout_are_read_in_place(layout: str) -> None:
    values = LAYOUTS[layout](frames())
    tensor = to_tensor(values)
    array = np.from_dlpack(tensor)
    np.testing.assert_array_equal(array, in_numpy(values), strict=True)
    assert tensor.shape == array.shape


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tensors_of_others_are_filled(layout: str) -> None:
    values = LAYOUTS[layout](frames())
    target: Array = np.full(in_numpy(values).shape, np.nan, "f4")
    fill_tensor(values, target)
    np.testing.assert_array_equal(target, in_numpy(values))
    # Any strides will do there as well, and nothing beside the target changes.
    count, channels, height, width = target.shape
    wide = np.full((2 * count + 1, 2 * channels + 1, 2 * height + 1, 2 * width + 1), -9, "f4")
    view = wide[1::2, -2::-2, 1::2, 1::2]
    fill_tensor(values, view)
    np.testing.assert_array_equal(view, target)
    assert np.count_nonzero(wide != -9) == target.size


def test_statistics_are_the_callers() -> None:
    array = np.from_dlpack(to_tensor(frames(), mean=[0, 0, 0], deviation=(1 / 255,) * 3))
    np.testing.assert_array_equal(array, in_numpy(frames(), [0, 0, 0], [1 / 255] * 3))


def test_a_tensor_is_shared_and_outlives_its_object() -> None:
    tensor = to_tensor(frames())
    first, second = np.from_dlpack(tensor), np.from_dlpack(tensor)
    assert address(first) == address(second)
    assert first.flags.writeable
    gone = weakref.ref(first)
    first[0, 0, 0, 0] = 42
    del tensor, first
    gc.collect()
    assert gone() is None
    assert second[0, 0, 0, 0] == 42


def test_a_copy_is_not_shared() -> None:
    tensor = to_tensor(frames())
    copy, shared = np.from_dlpack(tensor, copy=True), np.from_dlpack(tensor)
    np.testing.assert_array_equal(copy, shared)
    assert address(copy) != address(shared)
    assert read(tensor.__dlpack__(max_version=(1, 0), copy=True))[2] == IS_COPIED


def test_capsules_have_the_version_that_is_asked_for() -> None:
    tensor = to_tensor(frames())
    for version, name in [(None, LEGACY), ((0, 8), LEGACY), ((1, 0), VERSIONED), ((7, 1), VERSIONED)]:
        assert name_of(tensor.__dlpack__(max_version=version)) == name
    assert read(tensor.__dlpack__(max_version=(1, 2))) == (1, 0, 0, address(np.from_dlpack(tensor)))


def test_a_tensor_goes_round() -> None:
    """A tensor of this package may be the target."""
    target = to_tensor(frames())
    fill_tensor(frames()[::-1], target)
    np.testing.assert_array_equal(np.from_dlpack(target), in_numpy(frames()[::-1]))


def test_libraries_without_versions_are_served() -> None:
    target = np.zeros((2, 3, 7, 5), "f4")
    fill_tensor(Legacy(frames()), Legacy(target))
    np.testing.assert_array_equal(target, in_numpy(frames()))

    class Old:
        def __dlpack__(self, stream: None = None) -> Any:
            return to_tensor(frames()).__dlpack__()

        def __dlpack_device__(self) -> tuple[int, int]:
            return (1, 0)

    np.testing.assert_array_equal(np.from_dlpack(Old()), in_numpy(frames()))


def test_a_tensor_without_strides_is_compact() -> None:
    foreign = Foreign((1, 4, 5, 3))
    array = np.from_dlpack(to_tensor(foreign))
    np.testing.assert_array_equal(array, in_numpy(foreign.memory[:60].reshape(1, 4, 5, 3)))
    assert foreign.deleted == 1
    offset = Foreign((1, 4, 5, 3), byte_offset=100)
    np.testing.assert_array_equal(
        np.from_dlpack(to_tensor(offset)), in_numpy(offset.memory[100:160].reshape(1, 4, 5, 3))
    )


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"major": 2}, TensorBufferError, "source has version 2.9 of DLPack; the newest supported is 1"),
        ({"device_type": 2, "device_id": 1}, TensorBufferError, r"on the device \(2, 1\)"),
        ({"bits": 16}, TensorTypeError, "type uint16, expected uint8 frames"),
        ({"lanes": 4}, TensorTypeError, "type uint8x4"),
        ({"code": 77}, TensorTypeError, "type unknown8"),
        ({"ndim": 2}, TensorTypeError, r"2 dimension\(s\), expected 4"),
        ({"ndim": -1}, TensorTypeError, r"-1 dimension\(s\)"),
    ],
)
def test_what_is_refused_is_given_back_once(fields: dict[str, Any], error: type[Exception], message: str) -> None:
    foreign = Foreign((1, 4, 5, 3), **fields)
    with pytest.raises(error, match=message):
        to_tensor(foreign)
    assert foreign.deleted == 1


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ((1, 4, -5, 3), None),
        ((2**62, 2**62, 2**62, 3), None),
        ((2**62, 2**62, 2**62, 3), (1, 1, 1, 1)),
        ((2, 1, 1, 3), (-(2**63), 0, 0, 1)),
    ],
)
def test_no_shape_overflows(shape: tuple[int, ...], strides: tuple[int, ...] | None) -> None:
    foreign = Foreign(shape, strides)
    with pytest.raises(TensorValueError, match="larger than memory"):
        to_tensor(foreign)
    assert foreign.deleted == 1


def test_a_tensor_that_has_no_room_is_an_error() -> None:
    with pytest.raises(MemoryError, match="no room"):
        to_tensor(np.broadcast_to(np.zeros(3, "u1"), (2**20, 2**20, 2**18, 3)))


def test_a_capsule_is_used_once() -> None:
    foreign = Foreign((1, 4, 5, 3))
    to_tensor(foreign)
    with pytest.raises(TensorBufferError, match="no DLPack, or was used already"):
        to_tensor(foreign)
    assert foreign.deleted == 1


class Answers:
    """An object with the right methods, and any answers."""

    def __init__(self, capsule: Any, device: Any = (1, 0)) -> None:
        """Remember both."""
        self.capsule, self.device = capsule, device

    def __dlpack__(self, **_: object) -> Any:
        """Answer."""
        if isinstance(self.capsule, BaseException):
            raise self.capsule
        return self.capsule

    def __dlpack_device__(self) -> Any:
        """Answer."""
        return self.device


@pytest.mark.parametrize(
    ("thing", "error"),
    [
        (None, AttributeError),
        (b"bytes", AttributeError),
        (Answers(None), TypeError),
        (Answers("capsule"), TypeError),
        (Answers(np.zeros(1).__array_struct__), TensorBufferError),
        (Answers(KeyError("none")), KeyError),
        (Answers(TypeError("none")), TypeError),
        (Answers(None, "cpu"), TypeError),
        (Answers(None, (2, 0)), TensorBufferError),
    ],
)
def test_other_objects_are_no_tensors(thing: Any, error: type[BaseException]) -> None:
    with pytest.raises(error):
        to_tensor(thing)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (frozen(np.zeros((2, 3, 7, 5), "f4")), TensorBufferError, "the target is read-only"),
        (np.broadcast_to(np.float32(0), (2, 3, 7, 5)), TensorBufferError, "read-only"),
        (np.zeros((2, 7, 5, 3), "f4"), TensorValueError, r"\[2, 7, 5, 3\], expected \[2, 3, 7, 5\]"),
        (np.zeros((2, 3, 7, 5), "f8"), TensorTypeError, "type float64, expected float32 frames"),
        (np.zeros(210, "f4"), TensorTypeError, "the target has 1 dimension"),
        (np.zeros(841, "u1")[1:].view("f4").reshape(2, 3, 7, 5), TensorBufferError, "not aligned"),
        (None, AttributeError, "__dlpack_device__"),
    ],
)
def test_targets_that_cannot_be_filled_are_refused(target: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fill_tensor(frames(), target)
    assert target is None or not target.any()


@pytest.mark.parametrize(
    ("values", "arguments", "error"),
    [
        (frames(2, 7, 5, 4), {}, TensorValueError),
        (frames(), {"deviation": (1, 0, 1)}, TensorValueError),
        (frames(), {"mean": (float("nan"), 0, 0)}, TensorValueError),
        (frames(), {"mean": (1, 2)}, ValueError),
        (frames(), {"mean": 1}, TypeError),
        (frames().astype("f4"), {}, TensorTypeError),
    ],
)
def test_frames_and_statistics_that_cannot_be_are_refused(
    values: Array, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        to_tensor(values, **arguments)


@pytest.mark.parametrize("arguments", [{"stream": 1}, {"dl_device": (2, 0)}])
def test_what_cannot_be_exported_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(BufferError):
        to_tensor(frames()).__dlpack__(**arguments)


def test_nothing_is_kept_of_a_source() -> None:
    values, target = frames(), np.zeros((2, 3, 7, 5), "f4")
    counts = [sys.getrefcount(values), sys.getrefcount(target)]
    for _ in range(100):
        to_tensor(values)
        fill_tensor(values, target)
        with pytest.raises(TensorValueError):
            fill_tensor(values[1:], target)
    assert [sys.getrefcount(values), sys.getrefcount(target)] == counts


@pytest.mark.skipif(sys.platform != "linux", reason="reads what Linux says of a process")
def test_capsules_that_nobody_takes_leave_nothing() -> None:
    program = (
        "import numpy\n"
        "from tensor_exchange import to_tensor\n"
        "frames = numpy.zeros((1, 300, 300, 3), 'u1')\n"
        "def resident(): return int(open('/proc/self/status').read().partition('VmRSS:')[2].split()[0]) // 1024\n"
        "for _ in range(3): before = to_tensor(frames) and resident()\n"
        "for turn in range(60):\n"
        "    tensor = to_tensor(frames)\n"
        "    tensor.__dlpack__()\n"
        "    tensor.__dlpack__(max_version=(1, 0), copy=True)\n"
        "    numpy.from_dlpack(tensor, copy=bool(turn % 2))\n"
        "print(resident() - before)\n"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert int(printed) < 30


def test_threads_share_frames_and_tensors() -> None:
    values, expected = frames(4, 50, 50, 3), in_numpy(frames(4, 50, 50, 3))
    target = np.zeros_like(expected)

    def work(number: int) -> bool:
        part = slice(number % 4, number % 4 + 1)
        fill_tensor(values[part], target[part])
        return np.array_equal(np.from_dlpack(to_tensor(values[part])), expected[part])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(80)))
    np.testing.assert_array_equal(target, expected)


def test_frames_may_change_while_they_are_read() -> None:
    values, done = frames(1, 200, 200, 3), threading.Event()

    def change() -> None:
        while not done.is_set():
            values[...] = 255 - values

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(50):
            assert np.isfinite(np.from_dlpack(to_tensor(values))).all()
    finally:
        done.set()
        thread.join()


def test_the_target_may_be_the_memory_of_the_frames() -> None:
    target = np.zeros((1, 3, 8, 8), "f4")
    fill_tensor(target.view("u1").reshape(-1)[:192].reshape(1, 8, 8, 3), target)
    assert np.isfinite(target).all()


def test_other_threads_run_meanwhile() -> None:
    values = frames(4, 500, 500, 3)

    def runs_meanwhile() -> bool:
        started, finished = threading.Event(), threading.Event()

        def work() -> None:
            started.set()
            to_tensor(values)
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


def test_any_number_of_frames_without_rows_is_done_at_once() -> None:
    empty = np.empty((1 << 50, 0, 5, 3), "u1")
    assert to_tensor(empty).shape == (1 << 50, 3, 0, 5)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to one process")
@pytest.mark.parametrize("size", ["10**9, 100, 100", "1, 1, 10**12"], ids=["many frames", "a wide one"])
def test_ctrl_c_ends_a_long_batch(size: str) -> None:
    count, height, width = size.split(", ")
    program = (
        "import numpy\n"
        "from numpy.lib.stride_tricks import as_strided\n"
        "from tensor_exchange import fill_tensor\n"
        f"frames = as_strided(numpy.zeros(3, 'u1'), ({size}, 3), (0, 0, 0, 1))\n"
        f"target = as_strided(numpy.zeros(1, 'f4'), ({count}, 3, {height}, {width}), (0, 0, 0, 0))\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    fill_tensor(frames, target)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    os.kill(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == "interrupted\n"


def test_a_tensor_is_made_here_only() -> None:
    with pytest.raises(TypeError, match="cannot create"):
        Tensor()


def test_exceptions_of_the_package_have_one_base() -> None:
    for error, builtin in (
        (TensorBufferError, BufferError),
        (TensorTypeError, TypeError),
        (TensorValueError, ValueError),
    ):
        assert issubclass(error, TensorError)
        assert issubclass(error, builtin)
