//! Code that `references/costs.md` shows: conversions, and nothing else.

use std::collections::HashMap;
use std::time::Instant;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use numpy::{
    AllowTypeChange, IntoPyArray, PyArray1, PyArrayLike1, PyArrayMethods, PyReadonlyArray1,
    ToPyArray,
};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::PyList;

/// A conversion of an argument: returns where Rust reads the elements.
macro_rules! take {
    ($($name:ident: $type:ty = $address:expr;)+) => {
        $(
            #[pyfunction]
            #[pyo3(signature = (values))]
            fn $name(values: $type) -> PyResult<usize> {
                let read: fn(&$type) -> PyResult<*const u8> = $address;
                Ok(read(&values)?.addr())
            }
        )+
    };
}

take! {
    take_vec: Vec<f64> = |values| Ok(values.as_ptr().cast());
    take_integers: Vec<i64> = |values| Ok(values.as_ptr().cast());
    take_strings: Vec<String> = |values| Ok(values.as_ptr().cast());
    take_backed_strings: Vec<PyBackedStr> = |values| Ok(values.as_ptr().cast());
    take_pairs: Vec<(i64, f64)> = |values| Ok(values.as_ptr().cast());
    take_byte_vec: Vec<u8> = |values| Ok(values.as_ptr());
    take_backed_bytes: PyBackedBytes = |values| Ok(values.as_ptr());
    take_string: String = |values| Ok(values.as_ptr());
    take_array: PyReadonlyArray1<'_, f64> = |values| Ok(values.as_slice()?.as_ptr().cast());
    take_array_copy: PyReadonlyArray1<'_, f64> = |values| Ok(values.to_vec()?.as_ptr().cast());
    take_array_like: PyArrayLike1<'_, f64, AllowTypeChange> =
        |values| Ok(values.as_slice()?.as_ptr().cast());
    take_buffer: PyBuffer<f64> = |values| Ok(values.buf_ptr().cast_const().cast());
    take_arrow: pyo3_arrow::PyArray = |values| Ok(values.array().as_primitive::<Float64Type>().values().as_ptr().cast());
}

#[pyfunction]
#[pyo3(signature = (values))]
fn take_str(values: &str) -> usize {
    values.as_ptr().addr()
}

#[pyfunction]
#[pyo3(signature = (values))]
fn take_bytes(values: &[u8]) -> usize {
    values.as_ptr().addr()
}

#[pyfunction]
#[pyo3(signature = (values))]
fn take_dict(values: HashMap<String, f64>) -> usize {
    values.len()
}

#[pyfunction]
#[pyo3(signature = (values))]
fn take_buffer_copy(py: Python<'_>, values: PyBuffer<f64>) -> PyResult<usize> {
    Ok(values.to_vec(py)?.as_ptr().addr())
}

/// A value that Rust has, and that is converted for each caller.
#[pyclass(frozen)]
struct Source {
    numbers: Vec<f64>,
    bytes: Vec<u8>,
    text: String,
    words: Vec<String>,
    pairs: Vec<(i64, f64)>,
    table: HashMap<String, f64>,
}

#[pymethods]
impl Source {
    #[new]
    #[pyo3(signature = (count))]
    fn new(count: usize) -> Self {
        let numbers: Vec<f64> = (0..count).map(|number| number as f64 * 0.5).collect();
        let words: Vec<String> = (0..count)
            .map(|number| format!("word {number:07}"))
            .collect();
        Self {
            bytes: vec![b'a'; count],
            text: "a".repeat(count),
            pairs: numbers
                .iter()
                .map(|number| (*number as i64, *number))
                .collect(),
            table: words.iter().cloned().zip(numbers.iter().copied()).collect(),
            numbers,
            words,
        }
    }

    fn list(&self) -> &[f64] {
        &self.numbers
    }

    fn array_copy<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.numbers.to_pyarray(py)
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn words(&self) -> &[String] {
        &self.words
    }

    fn pairs(&self) -> &[(i64, f64)] {
        &self.pairs
    }

    fn table(&self) -> HashMap<&str, f64> {
        self.table
            .iter()
            .map(|(word, number)| (word.as_str(), *number))
            .collect()
    }
}

/// Return how many nanoseconds it takes to make a `Vec` an array.
#[pyfunction]
#[pyo3(signature = (count))]
fn move_nanoseconds(py: Python<'_>, count: usize) -> u128 {
    let numbers = vec![0.5; count];
    let start = Instant::now();
    let array = numbers.into_pyarray(py);
    let elapsed = start.elapsed().as_nanos();
    drop(array);
    elapsed
}

// region: sums
/// Add up a list that becomes a `Vec` first.
#[pyfunction]
#[pyo3(signature = (values))]
fn sum_vec(values: Vec<f64>) -> f64 {
    values.iter().sum()
}

/// Add up a list item by item, without a `Vec`.
#[pyfunction]
#[pyo3(signature = (values))]
fn sum_items(values: &Bound<'_, PyList>) -> PyResult<f64> {
    values.iter().map(|value| value.extract::<f64>()).sum()
}

/// Add up an array where it lies.
#[pyfunction]
#[pyo3(signature = (values))]
fn sum_array(values: PyReadonlyArray1<'_, f64>) -> f64 {
    values.as_array().sum()
}

/// Add up an Arrow array where it lies.
#[pyfunction]
#[pyo3(signature = (values))]
fn sum_arrow(values: pyo3_arrow::PyArray) -> Option<f64> {
    arrow::compute::sum(values.array().as_primitive_opt::<Float64Type>()?)
}
// endregion: sums

#[pymodule]
pub mod costs {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{
        Source, move_nanoseconds, sum_array, sum_arrow, sum_items, sum_vec, take_array,
        take_array_copy, take_array_like, take_arrow, take_backed_bytes, take_backed_strings,
        take_buffer, take_buffer_copy, take_byte_vec, take_bytes, take_dict, take_integers,
        take_pairs, take_str, take_string, take_strings, take_vec,
    };
}
