//! Code that `references/layouts.md` shows.

use std::borrow::Cow;

use numpy::ndarray::{ArrayViewD, Dimension};
use numpy::prelude::*;
use numpy::{Element, PyArray, PyArrayDyn, PyReadonlyArrayDyn};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

// region: check
/// Refuses elements where no Rust reference may point, which rust-numpy does not.
fn check_alignment<T: Element, D: Dimension>(array: &Bound<'_, PyArray<T, D>>) -> PyResult<()> {
    let mut axes = array.shape().iter().zip(array.strides());
    let aligned = array.data().is_aligned()
        && axes.all(|(length, stride)| *length < 2 || stride.unsigned_abs() % size_of::<T>() == 0);
    if aligned || array.is_empty() {
        return Ok(());
    }
    Err(PyTypeError::new_err(
        "the elements are not aligned; pass a copy of the array",
    ))
}

/// Refuses an array in which two places may be one element: writing would need two `&mut` to it.
fn check_overlap<T: Element, D: Dimension>(array: &Bound<'_, PyArray<T, D>>) -> PyResult<()> {
    if overlaps_itself(array) {
        return Err(PyTypeError::new_err("elements of the array overlap"));
    }
    Ok(())
}

/// Tells whether two places may be one element, as in a broadcast array or in sliding windows.
pub fn overlaps_itself<T: Element, D: Dimension>(array: &Bound<'_, PyArray<T, D>>) -> bool {
    let axes = array.strides().iter().zip(array.shape());
    let mut axes: Vec<_> = axes.filter(|(_, length)| **length > 1).collect();
    axes.sort_by_key(|(stride, _)| stride.unsigned_abs());
    // Seen from the shortest stride on, each axis must step over all of those before it.
    let mut extent = size_of::<T>();
    !array.is_empty()
        && axes.into_iter().any(|(stride, length)| {
            let stride = stride.unsigned_abs();
            let overlaps = stride < extent;
            extent = extent.saturating_add(stride.saturating_mul(length - 1));
            overlaps
        })
}
// endregion: check

// region: any
/// Return the mean depth of a lake, from soundings in any layout.
#[pyfunction]
fn mean_depth(py: Python<'_>, depths: PyReadonlyArrayDyn<'_, f64>) -> PyResult<f64> {
    check_alignment(&depths)?;
    if depths.is_empty() {
        return Err(PyValueError::new_err("there are no soundings"));
    }
    let view = depths.as_array();
    Ok(py.detach(|| view.sum() / view.len() as f64))
}

/// Subtract so many metres from all depths in place, after the water fell.
#[pyfunction]
fn lower(depths: &Bound<'_, PyArrayDyn<f64>>, metres: f64) -> PyResult<()> {
    let mut borrow = depths.try_readwrite()?;
    check_alignment(depths)?;
    check_overlap(depths)?;
    if !depths.is_empty() {
        borrow.as_array_mut().mapv_inplace(|depth| depth - metres);
    }
    Ok(())
}
// endregion: any

// region: slice
/// Returns the elements in the order of C: borrowed if they lie so in memory, else copied.
fn row_major<'a, T: Copy>(view: &'a ArrayViewD<'_, T>) -> Cow<'a, [T]> {
    match view.as_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(view.iter().copied().collect()),
    }
}

/// Return the elements in the order of C, and whether that took a copy.
#[pyfunction]
fn profile(depths: PyReadonlyArrayDyn<'_, f64>) -> PyResult<(Vec<f64>, bool)> {
    check_alignment(&depths)?;
    let view = depths.as_array();
    let elements = row_major(&view);
    let copied = matches!(elements, Cow::Owned(_));
    Ok((elements.into_owned(), copied))
}
// endregion: slice

/// The elements by `PyReadonlyArray::as_slice`, which follows the memory.
#[pyfunction]
fn by_as_slice(depths: PyReadonlyArrayDyn<'_, f64>) -> PyResult<Vec<f64>> {
    Ok(depths.as_slice()?.to_vec())
}

/// The elements by `PyArrayMethods::to_vec`, which follows the memory, too.
#[pyfunction]
fn by_to_vec(depths: PyReadonlyArrayDyn<'_, f64>) -> PyResult<Vec<f64>> {
    Ok(depths.to_vec()?)
}

/// The elements by `as_array`, without any check.
#[pyfunction]
fn unchecked(depths: PyReadonlyArrayDyn<'_, f64>) -> Vec<f64> {
    depths.as_array().iter().copied().collect()
}

/// Shape and strides as ndarray sees them: strides count elements.
#[pyfunction]
fn seen_by_ndarray(depths: PyReadonlyArrayDyn<'_, f64>) -> (Vec<usize>, Vec<isize>) {
    let view = depths.as_array();
    (view.shape().to_vec(), view.strides().to_vec())
}

/// How many bytes a copy takes.
#[pyfunction]
fn copy_size(depths: PyReadonlyArrayDyn<'_, f64>) -> usize {
    size_of_val(
        depths
            .as_array()
            .to_owned()
            .as_slice_memory_order()
            .unwrap_or_default(),
    )
}

#[pyo3::pymodule]
pub mod layouts {
    #[pymodule_export]
    use super::{
        by_as_slice, by_to_vec, copy_size, lower, mean_depth, profile, seen_by_ndarray, unchecked,
    };
}
