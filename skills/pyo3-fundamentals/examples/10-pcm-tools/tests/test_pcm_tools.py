"""What a caller may rely on."""

import _thread
import doctest
import math
import sys
import threading
import time
from array import array
from ctypes import c_short
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pcm_tools
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from pcm_tools import Samples, amplify, peak, resample, rms

SAMPLES = st.lists(st.integers(-32768, 32767), max_size=50).map(lambda numbers: array("h", numbers))


# region: oracle
@given(SAMPLES)
def test_both_read_the_same_levels(samples: "array[int]") -> None:
    assert peak(samples) == reference.peak(samples)
    assert rms(samples) == pytest.approx(reference.rms(samples))


@given(SAMPLES, st.integers(-300, 300))
def test_both_amplify_to_the_same_samples(samples: "array[int]", factor: int) -> None:
    expected = samples[:]
    assert amplify(samples, factor / 2) == reference.amplify(expected, factor / 2)
    assert samples == expected


# endregion: oracle


# region: inputs
@pytest.mark.parametrize(
    "samples",
    [
        array("h", [3, -4]),
        memoryview(array("h", [3, -4]).tobytes()).cast("h"),
        memoryview(array("h", [3, 9, -4, 9]))[::2],
        resample(array("h", [3, -4]), 1, 1),
    ],
    ids=["array", "bytes", "stride", "Samples"],
)
def test_every_buffer_of_samples_is_read(samples: Any) -> None:
    assert (peak(samples), rms(samples)) == (4, math.sqrt(12.5))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (b"1234", "expected 16-bit samples, .* not the format `B` in 1 dimension"),
        (array("d", [1]), "not the format `d`"),
        (memoryview(bytes(8)).cast("h", [2, 2]), "in 2 dimension"),
        (memoryview((c_short.__ctype_be__ * 2)(1, 2)), "not the format `>h`"),
        ([1, 2], "a bytes-like object is required, not 'list'"),
    ],
)
def test_other_buffers_are_refused(samples: Any, message: str) -> None:
    for function in (peak, rms, lambda samples: amplify(samples, 1), lambda samples: resample(samples, 1, 1)):
        with pytest.raises(TypeError, match=message):
            function(samples)


# endregion: inputs


# region: place
def test_samples_are_changed_where_they_are() -> None:
    data = bytearray(array("h", [100, -20000, 20000, 7]).tobytes())
    assert amplify(memoryview(data).cast("h")[:3], 2) == 2
    assert array("h", bytes(data)).tolist() == [200, -32768, 32767, 7]


def test_what_is_read_only_is_not_changed() -> None:
    for samples in (memoryview(bytes(4)).cast("h"), resample(array("h", [1, 2]), 1, 1)):
        with pytest.raises(BufferError, match="the samples are read-only"):
            amplify(samples, 2)


# endregion: place


@pytest.mark.parametrize("factor", [math.inf, math.nan])
def test_a_factor_is_finite(factor: float) -> None:
    with pytest.raises(ValueError, match="`factor` must be a finite number"):
        amplify(array("h"), factor)


def tone(rate: int) -> "array[int]":
    """Return a tenth of a second of a tone of 440 Hz."""
    return array("h", [round(20_000 * math.sin(2 * math.pi * 440 * n / rate)) for n in range(rate // 10)])


@pytest.mark.parametrize(("old_rate", "new_rate"), [(44_100, 48_000), (48_000, 16_000), (8_000, 44_100)])
def test_a_tone_stays_the_tone(old_rate: int, new_rate: int) -> None:
    resampled = memoryview(resample(tone(old_rate), old_rate, new_rate))
    assert len(resampled) == new_rate // 10
    # Near the ends the signal is cut off, and the interpolation with it.
    edge = new_rate // 100
    difference = [abs(a - b) for a, b in zip(resampled.tolist(), tone(new_rate), strict=True)]
    assert max(difference[edge:-edge]) < 40


# region: view
def test_a_view_keeps_the_samples_alive() -> None:
    view = memoryview(resample(array("h", [1, -2, 3]), 1, 1))
    assert (view.format, view.shape, view.strides, view.readonly) == ("h", (3,), (2,), True)
    assert view.tolist() == [1, -2, 3]
    assert isinstance(view.obj, Samples)
    assert len(view.obj) == 3
    assert b"".join([view.obj]) == array("h", [1, -2, 3]).tobytes()


# endregion: view


@pytest.mark.parametrize("rates", [(0, 1), (1, 0), (1, 768_001)])
def test_rates_have_limits(rates: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a rate must be from 1 to 768000"):
        resample(array("h", [1]), *rates)
    with pytest.raises(OverflowError):
        resample(array("h", [1]), -1, 1)


@pytest.mark.skipif(sys.maxsize < 2**32, reason="so long an input has no place in 32 bits")
def test_a_result_without_room_is_an_error() -> None:
    with pytest.raises(MemoryError, match="the result does not fit into memory"):
        resample(memoryview(bytes(2 * 100_000_000)).cast("h"), 1, 768_000)


# region: interrupt
def test_ctrl_c_ends_the_work() -> None:
    minutes = memoryview(bytes(2 * 48_000 * 600)).cast("h")
    timer = threading.Timer(0.5, _thread.interrupt_main)
    started = time.process_time()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come as soon as the timer starts
        timer.start()
        resample(minutes, 48_000, 44_100)
    assert time.process_time() - started < 5
    timer.join()


# endregion: interrupt


def test_other_threads_run_meanwhile() -> None:
    work = threading.Thread(target=resample, args=[memoryview(bytes(400_000)).cast("h"), 1, 1])
    work.start()
    ticks = 0
    while work.is_alive():
        ticks += 1
        time.sleep(0.001)
    assert ticks >= 3


def test_the_version_is_that_of_the_package() -> None:
    assert pcm_tools.__version__ == version("pcm-tools")


def test_what_the_readme_says_is_so() -> None:
    readme = Path(__file__).parent.parent / "README.md"
    results = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert results.failed == 0
    assert results.attempted >= 5
