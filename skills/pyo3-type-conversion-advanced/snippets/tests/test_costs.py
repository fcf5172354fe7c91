"""What conversions copy, and how their costs grow."""

from array import array

import measure_costs
import numpy as np
import pyarrow as pa
import pytest
from conversion_snippets._core import costs

FATES = {
    "array -> Vec<f64>": "copied",
    "array -> PyReadonlyArray1<f64>": "borrowed",
    "array -> the same, to_vec": "copied",
    "array -> PyArrayLike1<f64>": "borrowed",
    "array.array -> PyBuffer<f64>": "borrowed",
    "array.array -> the same, to_vec": "copied",
    "Arrow array -> PyArray": "borrowed",
    "bytes -> &[u8]": "borrowed",
    "bytes -> PyBackedBytes": "borrowed",
    "bytearray -> PyBackedBytes": "copied",
    "bytes -> Vec<u8>": "copied",
    "uint8 array -> Vec<u8>": "copied",
}


def test_what_is_copied() -> None:
    assert {taken.name: taken.fate() for taken in measure_costs.TAKEN if taken.address} == FATES


@pytest.mark.parametrize(
    "conversion", [*measure_costs.TAKEN, *measure_costs.RETURNED], ids=lambda conversion: conversion.name
)
@pytest.mark.parametrize("count", [1, 1000])
def test_all_that_is_measured_works(conversion: measure_costs.Conversion, count: int) -> None:
    assert conversion.call(conversion.make(count)) is not None


def test_results_are_what_they_say() -> None:
    source = costs.Source(2)
    assert source.list() == [0.0, 0.5]
    assert isinstance(source.array_copy(), np.ndarray)
    assert (source.bytes(), source.text()) == (b"aa", "aa")
    assert source.words() == ["word 0000000", "word 0000001"]
    assert source.pairs() == [(0, 0.0), (0, 0.5)]
    assert source.table() == {"word 0000000": 0.0, "word 0000001": 0.5}


def test_array_like_copies_what_it_converts() -> None:
    halves = np.arange(3, dtype=np.float32)
    assert costs.take_array_like(halves) != halves.ctypes.data
    assert costs.take_array_like([1, 2, 3])
    with pytest.raises(TypeError):
        costs.take_array(halves)


def test_sums_agree() -> None:
    values = [0.5, 1.5, 2.0]
    assert costs.sum_vec(values) == costs.sum_items(values) == costs.sum_vec(array("d", values)) == 4.0
    assert costs.sum_array(np.array(values)) == costs.sum_arrow(pa.array(values)) == 4.0


def test_a_copy_of_an_array_needs_no_particular_layout() -> None:
    assert costs.sum_vec(np.arange(10, dtype=np.float32)[::2]) == 20.0
    assert costs.sum_vec(np.arange(3)) == 3.0


def test_a_buffer_is_typed() -> None:
    with pytest.raises(BufferError, match="buffer contents are not compatible with f64"):
        costs.take_buffer(array("f", [1.0]))
