"""Bars of ticks in any layout, beside NumPy's, and every tick that is in none."""

import datetime as dt
import pickle
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from reference import numpy_bars
from tick_bars import bar_dtype, make_bars, map_ticks

PROJECT = Path(__file__).parents[1]
Array = NDArray[Any]
PLAIN = [("time", "M8[ns]"), ("price", "f8"), ("size", "u4")]
SECOND = np.timedelta64(1, "s")


def make_ticks(count: int, dtype: Any = PLAIN, step: int = 100_000_000) -> Array:
    """Return ticks that are a tenth of a second apart, more or less."""
    dice = np.random.default_rng(7)
    ticks = np.zeros(count, dtype)
    times = np.cumsum(dice.integers(0, 2 * step, count)).astype("m8[ns]")
    ticks["time"] = np.datetime64("2024-01-02T09:30", "ns") + times
    ticks["price"] = 100 + np.cumsum(dice.normal(0, 0.01, count))
    ticks["size"] = dice.integers(0, 100, count)
    return ticks


def check(bars: Array, expected: Array) -> None:
    for field in ("time", "open", "high", "low", "close", "volume", "ticks"):
        assert_array_equal(bars[field], expected[field], field)
    assert_allclose(bars["turnover"], expected["turnover"], rtol=1e-12)


# region: layouts
DTYPES = [
    PLAIN,
    [("size", "i8"), ("flag", "u1"), ("price", ">f8"), ("venue", "S3"), ("time", ">M8[ns]")],
    np.dtype([("flag", "?"), ("price", "f4"), ("size", ">i2"), ("time", "M8[ms]")], align=True),
    [("time", "<M8[10us]"), ("size", "u1"), ("price", "<f4"), ("who", "O")],
    np.dtype({"names": ["price", "time", "size"], "formats": ["f8", "M8[s]", "u8"], "offsets": [17, 3, 40]}),
]
VIEWS: list[Any] = [
    lambda ticks: ticks,
    lambda ticks: np.repeat(ticks, 3)[::3],
    lambda ticks: ticks[::-1].copy()[::-1],
    lambda ticks: ticks.view(np.recarray),
    lambda ticks: np.concatenate([ticks[:1], ticks])[1:],
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_ticks_are_read_as_they_lie(dtype: Any, view: Any) -> None:
    ticks = make_ticks(1000, dtype)
    ticks.flags.writeable = False
    check(make_bars(view(ticks), SECOND), numpy_bars(ticks, SECOND, bar_dtype()))


def test_fields_have_the_names_that_the_caller_says() -> None:
    ticks = make_ticks(100)
    named = ticks.astype([("t", "M8[ns]"), ("p", "f8"), ("q", "u4")])
    check(make_bars(named, SECOND, time="t", price="p", size="q"), make_bars(ticks, SECOND))
    # One field may serve twice.
    assert make_bars(np.ones(3, [("t", "M8[s]"), ("q", "i4"), ("p", "f4")]), SECOND, time="t", price="p", size="q").size
    # A view of some fields has the gaps that the others leave.
    check(make_bars(ticks[["size", "price", "time"]], SECOND), make_bars(ticks, SECOND))


# endregion: layouts

TIMES = st.integers(-(10**12), 10**12)


@given(
    st.lists(st.tuples(TIMES, st.floats(-1e9, 1e9), st.integers(0, 2**32 - 1)), max_size=40).map(sorted),
    st.integers(1, 10**12),
)
def test_bars_are_those_of_numpy(rows: list[tuple[int, float, int]], length: int) -> None:
    ticks, interval = np.array(rows, PLAIN), np.timedelta64(length, "ns")
    bars, expected = make_bars(ticks, interval), numpy_bars(ticks, interval, bar_dtype())
    for field in ("time", "open", "high", "low", "close", "volume", "ticks"):
        assert_array_equal(bars[field], expected[field], field)
    assert_allclose(bars["turnover"], expected["turnover"], rtol=1e-9, atol=1e3)


def test_bars_are_records_that_numpy_owns() -> None:
    bars = make_bars(make_ticks(1000), dt.timedelta(seconds=10))
    assert bars.dtype == bar_dtype()
    assert bars.dtype.names == ("time", "open", "high", "low", "close", "volume", "turnover", "ticks")
    assert bars.dtype["time"] == np.dtype("M8[ns]")
    assert bars.flags.aligned
    assert bars.flags.writeable
    assert_array_equal(pickle.loads(pickle.dumps(bars)), bars)  # noqa: S301
    bars["close"] *= 2


def test_bars_begin_at_the_origin() -> None:
    ticks = np.array(
        [("2024-01-02T09:35", 1.0, 1), ("2024-01-02T10:29:59", 2.0, 1), ("2024-01-02T10:30", 3.0, 1)], PLAIN
    )
    hour = np.timedelta64(1, "h")
    assert make_bars(ticks, hour)["time"].astype(str).tolist() == [
        "2024-01-02T09:00:00.000000000",
        "2024-01-02T10:00:00.000000000",
    ]
    origins: list[Any] = ["2024-01-01T00:30", np.datetime64("2030-01-01T00:30"), dt.datetime(1900, 1, 1, 0, 30)]
    for origin in origins:
        bars = make_bars(ticks, hour, origin=origin)
        assert bars["time"].astype("M8[m]").astype(str).tolist() == ["2024-01-02T09:30", "2024-01-02T10:30"]
        assert bars["ticks"].tolist() == [2, 1]


def test_no_ticks_make_no_bars() -> None:
    bars = make_bars(np.zeros(0, PLAIN), SECOND)
    assert (bars.shape, bars.dtype) == ((0,), bar_dtype())


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"time": "NaT"}, ValueError, "tick 2 has no time"),
        ({"time": "2024-01-01"}, ValueError, "tick 2 is before the one that precedes it: sort"),
        ({"price": np.nan}, ValueError, "tick 2 has a price that is not finite"),
        ({"price": -np.inf}, ValueError, "tick 2 has a price that is not finite"),
        ({"size": -1}, ValueError, "tick 2 has a negative size"),
    ],
)
def test_a_tick_that_is_in_no_bar_is_named(change: dict[str, Any], error: type[Exception], reason: str) -> None:
    ticks = make_ticks(5, [("time", "M8[ns]"), ("price", "f8"), ("size", "i2")])
    for field, value in change.items():
        ticks[field][2] = value
    with pytest.raises(error, match=reason):
        make_bars(ticks, SECOND)


def test_what_64_bits_do_not_hold_is_refused() -> None:
    for time in (2**62, -(2**62)):
        ticks = np.array([(time, 1.0, 1)], [("time", "M8[ms]"), ("price", "f8"), ("size", "u8")])
        with pytest.raises(OverflowError, match="tick 0 is beyond the years 1678 to 2261"):
            make_bars(ticks, SECOND)
    ticks = np.array([(1, 1.0, 2**64 - 1), (2, 1.0, 1)], [("time", "M8[ns]"), ("price", "f8"), ("size", "u8")])
    with pytest.raises(OverflowError, match="tick 1 makes the volume"):
        make_bars(ticks, SECOND)
    first = np.array([(-(2**63) + 1, 1.0, 1)], PLAIN)
    with pytest.raises(OverflowError, match="tick 0"):
        make_bars(first, np.timedelta64(7, "D"))


@pytest.mark.parametrize(
    ("ticks", "error", "reason"),
    [
        (np.zeros((2, 2), PLAIN), TypeError, "1 dimension, found 2"),
        (np.zeros((), PLAIN), TypeError, "1 dimension, found 0"),
        (np.zeros(3), TypeError, r"found 1 dimension\(s\) of `float64`"),
        (
            np.zeros(3, [("time", "M8[ns]"), ("size", "u4")]),
            ValueError,
            "no field `price`: the fields are `time`, `size`",
        ),
        (
            np.zeros(3, [("time", "i8"), *PLAIN[1:]]),
            TypeError,
            "field `time` has elements of datetime64, found `int64`",
        ),
        (np.zeros(3, [("time", "M8[M]"), *PLAIN[1:]]), TypeError, "`M` is no unit"),
        (np.zeros(3, [("time", "M8[ps]"), *PLAIN[1:]]), TypeError, "`ps` is no unit"),
        (np.zeros(3, [("time", "M8"), *PLAIN[1:]]), TypeError, "`generic` is no unit"),
        (np.zeros(3, [PLAIN[0], ("price", "f2"), PLAIN[2]]), TypeError, "field `price` .* found `float16`"),
        (np.zeros(3, [PLAIN[0], ("price", "f8", 2), PLAIN[2]]), TypeError, "field `price` .* found"),
        (np.zeros(3, [PLAIN[0], PLAIN[1], ("size", "f8")]), TypeError, "field `size` has elements of integers"),
        (np.zeros(3, [PLAIN[0], PLAIN[1], ("size", "?")]), TypeError, "field `size` has elements of integers"),
        ([], TypeError, "ndarray"),
    ],
)
def test_what_are_no_ticks_is_refused(ticks: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        make_bars(ticks, SECOND)


@pytest.mark.parametrize(
    ("interval", "error", "reason"),
    [
        (np.timedelta64(0, "s"), ValueError, "interval is 0 ns"),
        (np.timedelta64(-1, "ns"), ValueError, "interval is -1 ns"),
        (np.timedelta64("NaT", "s"), ValueError, "interval is NaT"),
        (np.timedelta64(1, "M"), TypeError, "`M` is no unit"),
        (60, TypeError, "`generic` is no unit"),
        (np.timedelta64(10**18, "s"), OverflowError, "interval is beyond 64 bits"),
        ("minute", ValueError, "convert"),
    ],
)
def test_what_is_no_interval_is_refused(interval: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        make_bars(make_ticks(3), interval)
    with pytest.raises(ValueError, match="origin is NaT"):
        make_bars(make_ticks(3), SECOND, origin=np.datetime64("NaT", "s"))


# region: memory
def test_nothing_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "ticks.bin"
    packed = np.dtype([*PLAIN, ("venue", "u1")])
    ticks = make_ticks(100_001, packed)
    ticks.tofile(path)
    mapped = map_ticks(path, packed)
    references = sys.getrefcount(mapped)
    check(make_bars(mapped, SECOND), numpy_bars(ticks, SECOND, bar_dtype()))
    assert sys.getrefcount(mapped) == references
    with pytest.raises(ValueError, match=r"has 2100021 bytes, which is no multiple of 20"):
        map_ticks(path, PLAIN)
    path.write_bytes(b"")
    assert len(make_bars(map_ticks(path, packed), SECOND)) == 0


# endregion: memory


# region: threads
def test_threads_read_the_same_ticks() -> None:
    ticks = make_ticks(200_000)
    expected = numpy_bars(ticks, SECOND, bar_dtype())
    with ThreadPoolExecutor(4) as pool:
        for bars in pool.map(lambda _: make_bars(ticks, SECOND), range(8)):
            check(bars, expected)


def test_ticks_may_change_meanwhile() -> None:
    ticks, stop = make_ticks(20_000, [("flag", "u1"), *PLAIN]), threading.Event()

    def scribble() -> int:
        rounds = 0
        while not stop.is_set():
            ticks["price"] = rounds
            rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(scribble)
        for _ in range(20):
            bars = make_bars(ticks, SECOND)
            assert bars["ticks"].sum() == 20_000
        stop.set()
        assert future.result() > 0


# endregion: threads


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends the process")
def test_ctrl_c_ends_a_long_call() -> None:
    # One tick, seen 2**40 times: at any speed that takes minutes.
    endless = np.broadcast_to(np.zeros((), PLAIN), 2**40)
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
        make_bars(endless, SECOND)


def test_the_readme_runs() -> None:
    guide = (PROJECT / "README.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", source], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    assert done.stdout.splitlines() == [line.partition("# ")[2] for line in source.splitlines() if "print(" in line]


def test_a_mask_is_not_overlooked() -> None:
    ticks = np.zeros(3, [("time", "M8[ns]"), ("price", "f8"), ("size", "u4")])
    masked = np.ma.masked_array(ticks, mask=[False, True, False])
    minute = np.timedelta64(1, "m")
    with pytest.raises(TypeError, match="the ticks are a masked array"):
        make_bars(masked, minute)
    assert make_bars(masked.data[[True, False, True]], minute)["ticks"].tolist() == [2]
