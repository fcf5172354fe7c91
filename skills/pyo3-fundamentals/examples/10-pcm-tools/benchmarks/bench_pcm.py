"""The Rust functions beside the same in Python."""

import sys
from array import array
from collections.abc import Callable
from pathlib import Path

import pcm_tools
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

sys.path.append(str(Path(__file__).parent.parent / "tests"))
import reference

SECOND = array("h", [(position * 7919) % 65536 - 32768 for position in range(48_000)])


@pytest.mark.benchmark(group="rms of a second")
@pytest.mark.parametrize("rms", [pcm_tools.rms, reference.rms], ids=["rust", "python"])
def test_rms(benchmark: BenchmarkFixture, rms: Callable[["array[int]"], float]) -> None:
    """Measure how loud a second is."""
    benchmark(rms, SECOND)


@pytest.mark.benchmark(group="amplify a second")
@pytest.mark.parametrize("amplify", [pcm_tools.amplify, reference.amplify], ids=["rust", "python"])
def test_amplify(benchmark: BenchmarkFixture, amplify: Callable[["array[int]", float], int]) -> None:
    """Change the sign of a second, again and again."""
    benchmark(amplify, SECOND[:], -1)


@pytest.mark.benchmark(group="resample a second")
def test_resample(benchmark: BenchmarkFixture) -> None:
    """Convert a second to the rate of a CD."""
    benchmark(pcm_tools.resample, SECOND, 48_000, 44_100)
