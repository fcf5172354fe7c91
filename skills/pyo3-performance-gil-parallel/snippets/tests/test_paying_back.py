"""What pays back: the ways agree, and the formula gives the point where their lines cross."""

import math
import random

import measure_paying_back
import numpy as np
import pytest
from measure_paying_back import Cost
from performance_snippets._core import paying_back

COUNTS = [0, 1, 2, 100, 1000]


@pytest.mark.parametrize("case", measure_paying_back.CASES, ids=str)
@pytest.mark.parametrize("count", COUNTS)
def test_all_ways_that_are_measured_agree(case: str, count: int) -> None:
    make, ways = measure_paying_back.CASES[case]
    value = make(count)
    results = {name: way(value) for name, way in ways.items() if "conversion alone" not in name}
    assert len(set(results.values())) == 1, results


@pytest.mark.parametrize("count", COUNTS)
def test_pairs_agree(count: int) -> None:
    draw = random.Random(7)
    starts = [draw.uniform(0, 50) for _ in range(count)]
    pairs = paying_back.close_pairs(starts, 0.5)
    assert pairs == measure_paying_back.python_pairs(starts, 0.5)
    assert (pairs > 0) == (count >= 100)


def test_taking_converts_as_counting_does() -> None:
    assert paying_back.take_readings([1.0, 2.0], 50.0) == 2
    assert paying_back.take_accounts(["a"]) == 1
    for take in (paying_back.take_readings, paying_back.count_above):
        with pytest.raises(TypeError, match="must be real number, not str"):
            take(["warm"], 50.0)


@pytest.mark.parametrize(
    ("rust", "python", "start"),
    [
        (Cost(100e-9, 10e-9), Cost(0, 30e-9), 5),
        (Cost(10e-9, 10e-9), Cost(50e-9, 30e-9), 0),
        (Cost(100e-9, 30e-9), Cost(0, 30e-9), math.inf),
        (Cost(10e-9, 40e-9), Cost(50e-9, 30e-9), math.inf),
    ],
)
def test_where_the_lines_cross(rust: Cost, python: Cost, start: float) -> None:
    assert rust.pays_from(python) == pytest.approx(start)


def test_accounts_are_checked() -> None:
    assert paying_back.count_valid(["DE89370400440532013000", "GB82WEST12345698765432"]) == 2
    assert paying_back.count_valid(["DE88370400440532013000", "", "DE8", "DE89 3704", "€€€€€"]) == 0


def test_what_is_kept_answers_like_the_list() -> None:
    values = [3.0, 1.0, 50.0, 50.5, 99.0]
    kept = paying_back.Readings(values)
    for limit in (0.0, 1.0, 50.0, 98.9, 99.0, 100.0):
        assert kept.count_above(limit) == paying_back.count_above(values, limit)
        assert kept.count_above(limit) == paying_back.count_above_in_array(np.array(values), limit)
