//! Code that `references/proving.md` shows.

use std::mem::forget;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use numpy::ndarray::ArrayView1;
use numpy::{
    IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, ToPyArray,
};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

fn loudest(samples: &[f64]) -> f64 {
    samples
        .iter()
        .fold(0.0, |peak, sample| f64::max(peak, sample.abs()))
}

// region: borrowed
/// Return the loudest sample, and the address at which Rust read the samples.
#[pyfunction]
#[pyo3(signature = (samples))]
fn loudest_borrowed(samples: PyReadonlyArray1<'_, f64>) -> PyResult<(f64, usize)> {
    let samples = samples.as_slice()?;
    Ok((loudest(samples), samples.as_ptr().addr()))
}
// endregion: borrowed

// region: hidden
/// The same, with a copy in the middle: the address that it returns is right and proves nothing.
#[pyfunction]
#[pyo3(signature = (samples))]
fn loudest_of_hidden_copy(samples: PyReadonlyArray1<'_, f64>) -> PyResult<(f64, usize)> {
    let view = samples.as_slice()?;
    let copy = view.to_vec();
    Ok((loudest(&copy), view.as_ptr().addr()))
}
// endregion: hidden

/// The same of what was converted to a `Vec`.
#[pyfunction]
#[pyo3(signature = (samples))]
fn loudest_of_vec(samples: Vec<f64>) -> (f64, usize) {
    (loudest(&samples), samples.as_ptr().addr())
}

/// The same of an Arrow array without nulls.
#[pyfunction]
#[pyo3(signature = (samples))]
fn loudest_of_arrow(samples: pyo3_arrow::PyArray) -> (f64, usize) {
    let values = samples.array().as_primitive::<Float64Type>().values();
    (loudest(values), values.as_ptr().addr())
}

/// Return the highest byte of an image, and the address at which Rust read it.
#[pyfunction]
#[pyo3(signature = (image))]
fn brightest(image: &[u8]) -> (Option<u8>, usize) {
    (image.iter().max().copied(), image.as_ptr().addr())
}

/// The same of a `Vec`.
#[pyfunction]
#[pyo3(signature = (image))]
fn brightest_of_vec(image: Vec<u8>) -> (Option<u8>, usize) {
    (image.iter().max().copied(), image.as_ptr().addr())
}

/// Make all samples quieter, in place, and return their address.
#[pyfunction]
#[pyo3(signature = (samples, gain))]
fn scale(mut samples: PyReadwriteArray1<'_, f64>, gain: f64) -> PyResult<(f64, usize)> {
    let samples = samples.as_slice_mut()?;
    samples.iter_mut().for_each(|sample| *sample *= gain);
    Ok((gain, samples.as_ptr().addr()))
}

// region: results
/// Return a tone, and the address of the `Vec` that it was.
#[pyfunction]
#[pyo3(signature = (count))]
fn tone_moved(py: Python<'_>, count: usize) -> (Bound<'_, PyArray1<f64>>, usize) {
    let samples = vec![0.25; count];
    let address = samples.as_ptr().addr();
    (samples.into_pyarray(py), address)
}

/// The same, copied: for a moment there are two.
#[pyfunction]
#[pyo3(signature = (count))]
fn tone_copied(py: Python<'_>, count: usize) -> (Bound<'_, PyArray1<f64>>, usize) {
    let samples = vec![0.25; count];
    let address = samples.as_ptr().addr();
    (ArrayView1::from(&samples).to_pyarray(py), address)
}
// endregion: results

// region: leaks
/// Leak a reference: the object is never freed.
#[pyfunction]
#[pyo3(signature = (object))]
fn leak_reference(object: Bound<'_, PyAny>) {
    forget(object);
}

/// Leak an export: what exported can't be resized or closed any more.
#[pyfunction]
#[pyo3(signature = (object))]
fn leak_export(object: PyBuffer<u8>) {
    forget(object);
}

/// Leak a borrow: no function in Rust can change the array any more.
#[pyfunction]
#[pyo3(signature = (array))]
fn leak_borrow(array: PyReadonlyArray1<'_, f64>) {
    forget(array);
}

/// Leak memory of Rust, which no counter of Python sees.
#[pyfunction]
#[pyo3(signature = (size))]
fn leak_memory(size: usize) {
    forget(vec![1_u8; size]);
}
// endregion: leaks

/// Refuse an array that is borrowed.
#[pyfunction]
#[pyo3(signature = (array))]
fn change(array: &Bound<'_, PyArray1<f64>>) -> PyResult<()> {
    array.try_readwrite()?.as_array_mut().fill(0.0);
    Ok(())
}

#[pymodule]
pub mod proving {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{
        brightest, brightest_of_vec, change, leak_borrow, leak_export, leak_memory, leak_reference,
        loudest_borrowed, loudest_of_arrow, loudest_of_hidden_copy, loudest_of_vec, scale,
        tone_copied, tone_moved,
    };
}
