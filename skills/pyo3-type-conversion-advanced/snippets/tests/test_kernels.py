"""Kernels: they agree with NumPy, on any layout and with NaN."""

import math
from collections.abc import Callable

import measure_kernels
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from conversion_snippets._core import kernels

CLIMBS = [
    kernels.climb, kernels.climb_in_order, kernels.climb_in_lanes, kernels.climb_dispatched, kernels.climb_by_index,
]  # fmt: skip
SUMS = [kernels.sum_in_order, kernels.sum_in_lanes, kernels.sum_ndarray, kernels.sum_strided]
Kernel = Callable[[np.ndarray], float]


def route(count: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(7).normal(0, 1, count))


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 18, 33, 1000])
def test_ascents_agree(climb: Kernel, count: int) -> None:
    heights = route(count)
    assert climb(heights) == pytest.approx(np.maximum(np.diff(heights), 0).sum())


@pytest.mark.parametrize("add", SUMS)
@pytest.mark.parametrize("count", [0, 1, 16, 17, 1000])
def test_sums_agree(add: Kernel, count: int) -> None:
    assert add(route(count)) == pytest.approx(route(count).sum())


def test_a_view_with_steps_is_no_slice() -> None:
    heights = np.repeat(route(100), 8)[::8]
    assert kernels.climb(heights) == pytest.approx(kernels.climb_in_order(route(100)))
    assert kernels.climb(heights[::-1]) == pytest.approx(kernels.climb_in_order(route(100)[::-1].copy()))
    with pytest.raises(TypeError, match="not contiguous"):
        kernels.climb_in_order(heights)


def test_the_order_of_additions_changes_the_result() -> None:
    tenths = np.full(10_000_000, 0.1)
    exact = math.fsum([0.1]) * 10_000_000
    in_order, lanes, numpy = (
        abs(total - exact) for total in (kernels.sum_in_order(tenths), kernels.sum_in_lanes(tenths), tenths.sum())
    )
    assert numpy <= lanes < in_order
    assert sum([0.1] * 10) in {1.0, 0.9999999999999999}


@pytest.mark.parametrize("climb", CLIMBS)
def test_max_drops_what_numpy_passes_on(climb: Kernel) -> None:
    heights = np.array([1.0, math.nan, 3.0, 5.0] * 10)
    assert not math.isnan(climb(heights))
    assert math.isnan(np.maximum(np.diff(heights), 0).sum())
    in_arrow = pc.sum(pc.max_element_wise(pc.pairwise_diff(pa.array(heights)), 0.0)).as_py()
    print(in_arrow)


GRIDS = {
    "rows": lambda: route(12).reshape(3, 4),
    "columns": lambda: np.asfortranarray(route(12).reshape(3, 4)),
    "a part": lambda: route(48).reshape(6, 8)[::2, ::-2],
    "one row": lambda: route(4).reshape(1, 4),
    "nothing": lambda: np.zeros((0, 4)),
}


@pytest.mark.parametrize("make", GRIDS.values(), ids=list(GRIDS))
@pytest.mark.parametrize("add", [kernels.columns_by_column, kernels.columns_by_row, kernels.columns_ndarray])
def test_columns_agree(add: Callable[[np.ndarray], np.ndarray], make: Callable[[], np.ndarray]) -> None:
    assert add(make()) == pytest.approx(make().sum(axis=0))


@pytest.mark.parametrize("make", GRIDS.values(), ids=list(GRIDS))
@pytest.mark.parametrize("slopes", [kernels.slopes, kernels.slopes_by_index])
def test_slopes_agree(slopes: Callable[[np.ndarray, float], np.ndarray], make: Callable[[], np.ndarray]) -> None:
    grid = make()
    assert slopes(grid, 30.0) == pytest.approx(measure_kernels.numpy_slopes(grid))
    if grid.shape[0] > 1:
        assert np.array(measure_kernels.python_slopes(grid.tolist())) == pytest.approx(slopes(grid, 30.0))


def test_feet_are_converted_in_any_layout() -> None:
    feet = np.arange(10.0)
    assert kernels.metres(feet, 1.0) == pytest.approx(feet * 0.3048 - 1)
    assert kernels.metres(feet[::-2], 1.0) == pytest.approx(feet[::-2] * 0.3048 - 1)


def test_feet_are_converted_into_an_array() -> None:
    feet, out = np.arange(10.0), np.ones(20)
    assert kernels.metres_into(feet, 1.0, out[::2]) is None
    assert out[::2] == pytest.approx(feet * 0.3048 - 1)
    assert out[1::2].tolist() == [1.0] * 10
    with pytest.raises(ValueError, match="another length"):
        kernels.metres_into(feet, 1.0, out)


def test_all_ways_that_are_measured_agree() -> None:
    for title, ways in measure_kernels.cases(10_000).items():
        expected = np.asarray(ways["NumPy"]())
        for name, way in ways.items():
            result = way()
            value = np.asarray(result.as_py() if isinstance(result, pa.Scalar) else result)
            if result is not None and "eighth" not in name and "all of" not in name:
                assert value == pytest.approx(expected), (title, name)
