"""Sensor readings in NumPy arrays: every function beside NumPy, and every array it must refuse."""

import pickle
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, basic_indices
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import DTypeLike, NDArray
from sensor_arrays import (
    ReadingError,
    ReadingTypeError,
    ReadingValueError,
    cumulative,
    mix_into,
    normalize,
    rms,
    rms_along,
    rolling_mean,
)

Array = NDArray[Any]
Shapes = tuple[int, ...] | st.SearchStrategy[tuple[int, ...]]

FLOATS = ["f4", "f8"]
INTEGERS = ["i1", "i2", "i4", "i8", "q", "u1", "u2", "u4", "u8", "Q"]
SHAPES = array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)
READERS: list[Callable[[Array], object]] = [
    rms,
    rms_along,
    cumulative,
    lambda values: rolling_mean(values, 2),
]


def unaligned(values: Array) -> Array:
    """Copy an array to an odd address."""
    copy = np.empty(values.nbytes + 1, "u1")[1:].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


def packed(values: Array) -> Array:
    """Copy an array into a field of records that aren't padded."""
    records = np.zeros(values.shape, [("sensor", "u1"), ("value", values.dtype)])
    records["value"] = values
    return records["value"]


def swapped(values: Array) -> Array:
    """Copy an array into the other byte order."""
    return values.astype(values.dtype.newbyteorder())


def frozen(values: Array) -> Array:
    """Copy an array and make it read-only."""
    copy = values.copy()
    copy.flags.writeable = False
    return copy


STORED: list[Callable[[Array], Array]] = [np.asarray, unaligned, packed, swapped, frozen]


@st.composite
def readings(draw: st.DrawFn, *dtypes: str, shape: Shapes = SHAPES) -> Array:
    """Draw an array: floats that can be squared and added, NaN and infinity, any integers."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    finite = st.floats(-(2.0**40), 2.0**40, width=32)
    floats = finite | st.sampled_from([np.nan, np.inf, -np.inf])
    return draw(arrays(dtype, shape, elements=floats if dtype.kind == "f" else None))


@st.composite
def views(draw: st.DrawFn, values: Array) -> Array:
    """Draw a slice of an array: strided, reversed, transposed, with axes of length 0 and 1."""
    index = draw(basic_indices(values.shape, allow_newaxis=True, allow_ellipsis=False))
    entries = index if isinstance(index, tuple) else (index,)
    view: Array = values[(*entries, ...)]
    return view.T if draw(st.booleans()) else view


@st.composite
def laid_out(draw: st.DrawFn, *dtypes: str) -> Array:
    """Draw readings of any layout, alignment and byte order."""
    store = draw(st.sampled_from(STORED))
    return draw(views(store(draw(readings(*dtypes)))))


@st.composite
def lines(draw: st.DrawFn, *dtypes: str) -> Array:
    """Draw readings with one dimension, of any layout, alignment and byte order."""
    store = draw(st.sampled_from(STORED))
    values = store(draw(readings(*dtypes, shape=st.tuples(st.integers(0, 40)))))
    return values[:: draw(st.sampled_from([-3, -1, 1, 2]))]


def numpy_rms(values: Array, axis: int | None = None) -> Array:
    return np.asarray(np.sqrt(np.mean(np.square(values.astype("f8")), axis=axis)))


@given(laid_out(*FLOATS, *INTEGERS))
def test_rms_agrees_with_numpy(values: Array) -> None:
    if values.size:
        assert_allclose(rms(values), numpy_rms(values), rtol=1e-12)
    else:
        with pytest.raises(ValueError, match="no readings"):
            rms(values)


@given(laid_out(*FLOATS, *INTEGERS), st.integers(-5, 4))
def test_rms_along_agrees_with_numpy(values: Array, axis: int) -> None:
    if not -values.ndim <= axis < values.ndim:
        with pytest.raises(ValueError, match=rf"axis {axis} is out of bounds .* {values.ndim} "):
            rms_along(values, axis)
    elif not values.shape[axis]:
        with pytest.raises(ValueError, match="no readings"):
            rms_along(values, axis)
    else:
        result = rms_along(values, axis)
        assert result.dtype == np.float64
        assert_allclose(result, numpy_rms(values, axis), rtol=1e-12, strict=True)


@given(lines(*FLOATS, *INTEGERS), st.integers(-1, 42))
def test_rolling_mean_agrees_with_numpy(values: Array, window: int) -> None:
    if not 1 <= window <= len(values):
        with pytest.raises(ValueError, match=rf"window is {window}, .* {len(values)}"):
            rolling_mean(values, window)
        return
    windows = sliding_window_view(values.astype("f8"), window)
    with np.errstate(invalid="ignore"):
        expected = windows.mean(axis=-1)
        largest = np.abs(windows).max(axis=-1)
    result = rolling_mean(values, window)
    finite = np.isfinite(expected)
    assert_array_equal(result[~finite], expected[~finite])
    assert np.all(np.abs(result[finite] - expected[finite]) <= 1e-14 * largest[finite])


@given(lines(*FLOATS))
def test_totals_of_floats_are_those_of_numpy(values: Array) -> None:
    result = cumulative(values)
    with np.errstate(invalid="ignore"):
        expected = np.cumsum(values)
    assert_array_equal(result, expected, strict=True)


@given(lines(*INTEGERS))
def test_totals_of_integers_are_exact(values: Array) -> None:
    dtype = np.dtype("u8" if values.dtype.kind == "u" else "i8")
    expected = list(accumulate(values.tolist()))
    if all(np.iinfo(dtype).min <= total <= np.iinfo(dtype).max for total in expected):
        assert_array_equal(cumulative(values), np.array(expected, dtype), strict=True)
    else:
        with pytest.raises(OverflowError, match="64 bits"):
            cumulative(values)


@given(readings(*FLOATS), st.data())
def test_normalize_changes_a_view_and_nothing_else(values: Array, data: st.DataObject) -> None:
    view = data.draw(views(values))
    peak = np.abs(view[~np.isnan(view)]).max(initial=0)
    expected, before = view / (peak or 1) if np.isfinite(peak) else view.copy(), values.copy()
    if np.isinf(peak):
        with pytest.raises(ValueError, match="infinite"):
            normalize(view)
    else:
        normalize(view)
    assert_array_equal(view, expected, strict=True)
    view[...] = 0
    marked = np.ones(values.shape, bool)
    marked[values == 0] = False
    assert_array_equal(values[marked], before[marked])


@given(readings(*FLOATS), st.data())
def test_mix_into_adds(values: Array, data: st.DataObject) -> None:
    target = data.draw(views(values))
    signal = data.draw(readings(values.dtype.str, shape=target.shape))
    with np.errstate(invalid="ignore"):
        expected = target + signal
    mix_into(data.draw(st.sampled_from(STORED))(signal), target)
    assert_array_equal(target, expected)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("dtype", ["?", "f2", "c16", "M8[s]", "U4", "O", "f8,f8"])
def test_other_types_are_named_and_refused(read: Callable[[Array], object], dtype: DTypeLike) -> None:
    values = np.zeros(4, dtype)
    with pytest.raises(TypeError, match="expected an array of float32, float64 or int") as caught:
        read(values)
    assert f"`{values.dtype}`" in str(caught.value)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("values", [[1.0, 2.0], 1.0, None])
def test_only_arrays_are_taken(read: Callable[[Any], object], values: object) -> None:
    with pytest.raises(TypeError, match="ndarray"):
        read(values)


@pytest.mark.parametrize("values", [np.zeros(()), np.zeros((2, 2))])
def test_lines_have_one_dimension(values: Array) -> None:
    with pytest.raises(ValueError, match=rf"1 dimension.*, found {values.ndim}"):
        cumulative(values)
    with pytest.raises(ValueError, match=rf"1 dimension.*, found {values.ndim}"):
        rolling_mean(values, 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (frozen(np.ones(4)), "not writeable"),
        (np.broadcast_to(1.0, 4), "not writeable"),
        (unaligned(np.ones(4)), "not aligned"),
        (packed(np.ones(4)), "not aligned"),
        (as_strided(np.ones(4), (3, 2), (8, 8)), "overlap"),
        (np.ones(4, "i8"), "float32 or float64.*`int64`"),
        (swapped(np.ones(4)), "byte order.*`[<>]f8`"),
    ],
)
def test_what_cannot_be_written_to_is_refused(values: Array, reason: str) -> None:
    before = values.copy()
    with pytest.raises(TypeError, match=reason):
        normalize(values)
    with pytest.raises(TypeError, match=reason):
        mix_into(np.zeros(values.shape, values.dtype), values)
    assert_array_equal(values, before)


def shared() -> list[tuple[Array, Array]]:
    line, grid, buffer = np.arange(8.0), np.arange(400.0).reshape(20, 20), bytearray(64)
    return [
        (line, line),
        (line[1:], line[:-1]),
        (line[::-1], line),
        (line[::2], line[1::2]),
        (grid, grid.T),
        (grid[:, :10], grid[:, 10:]),
        (grid[::2], grid[1::2]),
        (grid[:10, :10], grid[5:15, 10:20]),
        (grid[:10, :10], grid[5:15, 5:15]),
        (grid[0, 0, ...], grid[0, 0, ...]),
        (np.frombuffer(buffer), np.frombuffer(buffer)),
    ]


@pytest.mark.parametrize(("signal", "target"), shared())
def test_views_of_one_array_are_mixed_as_numpy_does(signal: Array, target: Array) -> None:
    expected = target + signal
    mix_into(signal, target)
    assert_array_equal(target, expected)


def test_no_layout_takes_exponential_time() -> None:
    # The example of `numpy.shares_memory`, which takes 14 s to answer. No page of the buffer is touched.
    buffer = np.zeros(192_163_377)
    signal = as_strided(buffer, (1049,) * 3, (36674 * 8, 61119 * 8, 85569 * 8))
    target = as_strided(buffer[64_023_025:], (1049, 1049, 1), (12223 * 8, 12224 * 8, 8))
    start = time.process_time()
    with pytest.raises(ReadingTypeError, match="overlap"):
        mix_into(signal, target)
    assert time.process_time() - start < 2


def test_channels_of_one_recording_can_be_mixed() -> None:
    stereo = np.array([[1.0, 10.0], [2.0, 20.0]])
    mix_into(stereo[:, 0], stereo[:, 1])
    assert_array_equal(stereo, [[1, 11], [2, 22]])


def test_mixed_signals_are_of_one_type_and_shape() -> None:
    with pytest.raises(TypeError, match="expected an array of float64, found `float32`"):
        mix_into(np.ones(3, "f4"), np.ones(3))
    with pytest.raises(ValueError, match=r"\[1\] and \[3\]"):
        mix_into(np.ones(1), np.ones(3))


def test_masks_are_not_seen() -> None:
    masked = np.ma.masked_greater([3.0, 4.0, 1e9], 100)
    assert rms(masked) > 1e8
    assert_array_equal(rolling_mean(masked.filled(np.nan), 2), [3.5, np.nan])


def timed(work: Callable[[Array], object], values: Array) -> tuple[float, float]:
    start = time.perf_counter()
    work(values)
    return start, time.perf_counter()


def count_meanwhile(work: Callable[[Array], object], meanwhile: Callable[[Array], object]) -> int:
    """Count how often another thread does something during a call that takes a while.

    While a call holds the interpreter, the other thread gets its turn before and after it only.
    """
    for size in (2**power for power in range(18, 28)):
        values, ticks = np.ones(size), []
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(timed, work, values)
            while not future.done():
                meanwhile(values)
                ticks.append(time.perf_counter())
        start, end = future.result()
        if end - start > 0.1:
            return sum(start < tick < end for tick in ticks)
    pytest.fail("never long enough to say")


@pytest.mark.parametrize("work", [*READERS, normalize])
def test_other_threads_run_meanwhile(work: Callable[[Array], object]) -> None:
    assert count_meanwhile(work, lambda values: time.sleep(0.001)) > 1


def in_threads(*works: Callable[[], object]) -> None:
    """Start all at the same moment, and raise what one of them raises."""
    barrier = Barrier(len(works))

    def start(work: Callable[[], object]) -> None:
        barrier.wait()
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for _ in pool.map(start, works):
            pass


@pytest.mark.parametrize(
    "blocks", [lambda grid: [grid[:, part::4] for part in range(4)], lambda grid: np.split(grid, 4, 1)]
)
def test_threads_change_blocks_of_columns(blocks: Callable[[Array], list[Array]]) -> None:
    grid = np.arange(1.0, 1_000_001).reshape(1000, 1000)
    expected = [block / block.max() for block in blocks(grid)]
    in_threads(*[partial(normalize, block) for block in blocks(grid)])
    for block, result in zip(blocks(grid), expected, strict=True):
        assert_array_equal(block, result)


def test_threads_read_one_half_and_change_the_other() -> None:
    grid = np.ones((1000, 2000))
    half = grid[:, 1000:]
    in_threads(*[partial(rms, half)] * 2, *[partial(normalize, grid[:, :1000])] * 2)


def test_threads_that_mix_in_opposite_directions_do_not_wait_forever() -> None:
    left, right = np.zeros(300_000), np.zeros(300_000)

    def mix(signal: Array, target: Array) -> None:
        for _ in range(20):
            mix_into(signal, target)

    in_threads(partial(mix, left, right), partial(mix, right, left))


def test_a_thread_waits_for_an_array_in_use() -> None:
    values = np.full(1_000_000, 2.0)
    in_threads(*[partial(rms, values)] * 3, partial(normalize, values))
    assert_array_equal(values, 1)


def test_type_checkers_know_the_types() -> None:
    small = np.ones(2, np.uint8)
    totals: NDArray[np.uint64] = cumulative(small)
    signed: NDArray[np.int64] = cumulative(small)  # type: ignore[assignment]
    assert totals.dtype == signed.dtype == np.uint64
    with pytest.raises(TypeError, match="`uint8`"):
        normalize(small)  # type: ignore[arg-type]


def test_functions_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(cumulative)) is cumulative  # noqa: S301


def test_exceptions_of_the_package_have_one_base() -> None:
    for error, builtin in ((ReadingTypeError, TypeError), (ReadingValueError, ValueError)):
        assert issubclass(error, ReadingError)
        assert issubclass(error, builtin)
    with pytest.raises(ReadingValueError):
        rms(np.array([], "f8"))
    with pytest.raises(ReadingTypeError):
        rms(np.array(["3.5"]))


def test_hypothesis_has_no_deadline() -> None:
    assert settings.get_current_profile_name() == "sensor-arrays"
    assert settings.default is not None
    assert settings.default.deadline is None
