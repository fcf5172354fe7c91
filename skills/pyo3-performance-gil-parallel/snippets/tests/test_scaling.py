"""How a curve is measured, and what is read from it."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest
from measure_scaling import MISMATCHES, PRIMER, in_numpy, in_part, in_python, measure, parts, serial_part, usl
from performance_snippets._core import scaling

GENOME = np.random.default_rng(7).choice(np.frombuffer(b"ACGT", np.uint8), 20_000).tobytes()


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("chunk", [1, 100, 19_999, 1_000_000])
def test_every_chunk_is_counted_once(threads: int, chunk: int) -> None:
    expected = in_python(GENOME)
    assert expected > 0
    assert scaling.count_places(GENOME, PRIMER, MISMATCHES, threads, chunk) == expected
    assert scaling.count_places(GENOME, PRIMER, MISMATCHES, threads, chunk, by_window=True) == expected


def test_the_others_count_the_same() -> None:
    expected = in_python(GENOME)
    assert in_numpy(np.frombuffer(GENOME, np.uint8)) == expected
    assert sum(map(in_part, parts(GENOME, 3))) == expected


def test_there_must_be_something_to_do() -> None:
    with pytest.raises(ValueError, match="a primer, a thread and a chunk"):
        scaling.count_places(GENOME, b"", 0, 1, 1)
    assert scaling.count_places(b"ACG", b"ACGT", 4, 1, 10) == 0
    assert scaling.count_places(b"", b"ACGT", 4, 8, sys.maxsize) == 0
    assert scaling.count_places(b"A" * 400, b"A" * 300, 0, 1, 400) == 101


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_sums_add_up(threads: int) -> None:
    assert scaling.total(np.arange(1_001.0), threads) == 500_500


@pytest.mark.parametrize("serial", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("threads", [2, 8])
def test_the_serial_part_is_that_of_amdahl(serial: float, threads: int) -> None:
    speedup = 1 / (serial + (1 - serial) / threads)
    assert serial_part(speedup, threads) == pytest.approx(serial)


def test_a_cost_that_grows_looks_like_a_growing_serial_part() -> None:
    overhead = [1 / (1 / threads + 0.01 * threads) for threads in (2, 4, 8)]
    shares = [serial_part(speedup, threads) for speedup, threads in zip(overhead, (2, 4, 8), strict=True)]
    assert shares == sorted(shares)


def test_the_law_is_fitted() -> None:
    threads = [1, 2, 4, 8, 16]
    speedups = [count / (1 + 0.05 * (count - 1) + 0.002 * count * (count - 1)) for count in threads]
    assert usl(threads, speedups) == pytest.approx((0.05, 0.002))


def test_cores_tell_waiting_from_working() -> None:
    times = measure({"wait": lambda: time.sleep(0.05), "work": lambda: sum(range(300_000))}, 2)
    assert times["wait"].seconds >= 0.05
    assert times["wait"].cores < 0.5
    # Less than one on a machine that has other work to do.
    assert times["work"].cores > times["wait"].cores
