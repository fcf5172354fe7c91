//! Code that `references/borrowing-arrays.md` shows.
//!
//! A borrow holds an array, and no array may be used while detached; a view of it may:
//!
//! ```compile_fail,E0277
//! use numpy::PyReadonlyArray1;
//! use pyo3::prelude::*;
//!
//! fn total(py: Python<'_>, loads: PyReadonlyArray1<'_, f64>) -> f64 {
//!     py.detach(|| loads.as_array().sum())
//! }
//! ```
//!
//! ```
//! use numpy::PyReadonlyArray1;
//! use pyo3::prelude::*;
//!
//! fn total(py: Python<'_>, loads: PyReadonlyArray1<'_, f64>) -> f64 {
//!     let view = loads.as_array();
//!     py.detach(|| view.sum())
//! }
//! ```

use std::thread;
use std::time::Duration;

use numpy::prelude::*;
use numpy::{
    BorrowError, Complex64, Element, PyArray1, PyArrayDyn, PyArrayLike1, PyReadonlyArray1,
    PyReadwriteArray1, PyUntypedArray,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

// region: arguments
/// Add what a second meter measured to the loads of a first, in place.
#[pyfunction]
fn add_meter(
    py: Python<'_>,
    mut loads: PyReadwriteArray1<'_, f64>,
    meter: PyReadonlyArray1<'_, f64>,
) -> PyResult<()> {
    if loads.shape() != meter.shape() {
        return Err(PyValueError::new_err("the meters have different lengths"));
    }
    let (mut loads, meter) = (loads.as_array_mut(), meter.as_array());
    py.detach(|| loads += &meter);
    Ok(())
}
// endregion: arguments

// region: wait
/// Limit loads in place; other threads may do so to other parts of the array, in whatever layout.
#[pyfunction]
fn limit(py: Python<'_>, loads: &Bound<'_, PyArrayDyn<f64>>, highest: f64) -> PyResult<()> {
    let mut copy = wait_for(py, || loads.try_readonly())?.as_array().to_owned();
    py.detach(|| copy.mapv_inplace(|load| load.min(highest)));
    let mut target = wait_for(py, || loads.try_readwrite())?;
    target.as_array_mut().assign(&copy);
    Ok(())
}

/// Borrows, and waits while another thread has the array.
fn wait_for<T>(py: Python<'_>, borrow: impl Fn() -> Result<T, BorrowError>) -> PyResult<T> {
    loop {
        match borrow() {
            Err(BorrowError::AlreadyBorrowed) => {
                py.check_signals()?;
                py.detach(|| thread::sleep(Duration::from_micros(20)));
            }
            result => return Ok(result?),
        }
    }
}
// endregion: wait

// region: callback
/// The total of loads before and after a call of Python, under one borrow for reading.
#[pyfunction]
fn totals_around(
    loads: PyReadonlyArray1<'_, f64>,
    callback: &Bound<'_, PyAny>,
) -> PyResult<(f64, f64)> {
    let before = loads.as_array().sum();
    callback.call0()?;
    Ok((before, loads.as_array().sum()))
}
// endregion: callback

/// The same without a borrow that lasts: what is used is a copy.
#[pyfunction]
fn copied_totals_around(
    loads: &Bound<'_, PyArray1<f64>>,
    callback: &Bound<'_, PyAny>,
) -> PyResult<(f64, f64)> {
    let copy = loads.try_readonly()?.as_array().to_owned();
    callback.call0()?;
    Ok((copy.sum(), copy.sum()))
}

/// Whether rust-numpy lets one array be written while another one is.
#[pyfunction]
fn both_writable(
    first: &Bound<'_, PyUntypedArray>,
    second: &Bound<'_, PyUntypedArray>,
) -> PyResult<bool> {
    try_write(first, &mut || match try_write(second, &mut || Ok(true)) {
        Err(error) if error.is_instance_of::<PyTypeError>(first.py()) => Ok(false),
        result => result,
    })
}

/// Calls with an array borrowed for writing, whichever of four types its elements have.
fn try_write(
    array: &Bound<'_, PyUntypedArray>,
    work: &mut dyn FnMut() -> PyResult<bool>,
) -> PyResult<bool> {
    fn attempt<T: Element>(
        array: &Bound<'_, PyUntypedArray>,
        work: &mut dyn FnMut() -> PyResult<bool>,
    ) -> Option<PyResult<bool>> {
        let array = array.cast::<PyArrayDyn<T>>().ok()?;
        Some(match array.try_readwrite() {
            Ok(_borrow) => work(),
            Err(error) => Err(error.into()),
        })
    }
    attempt::<f64>(array, work)
        .or_else(|| attempt::<f32>(array, work))
        .or_else(|| attempt::<u8>(array, work))
        .or_else(|| attempt::<Complex64>(array, work))
        .unwrap_or_else(|| Err(PyTypeError::new_err("another type of element")))
}

/// Calls Python while an array is borrowed for writing.
#[pyfunction]
fn while_written(_loads: PyReadwriteArray1<'_, f64>, callback: &Bound<'_, PyAny>) -> PyResult<()> {
    callback.call0()?;
    Ok(())
}

/// Borrows in the way that panics.
#[pyfunction]
fn readonly_total(loads: &Bound<'_, PyArray1<f64>>) -> f64 {
    loads.readonly().as_array().sum()
}

/// As a parameter, a borrow raises.
#[pyfunction]
fn total(loads: PyReadonlyArray1<'_, f64>) -> f64 {
    loads.as_array().sum()
}

/// `PyArrayLike` borrows in the way that panics.
#[pyfunction]
fn like_total(loads: PyArrayLike1<'_, f64>) -> f64 {
    loads.as_array().sum()
}

#[pyo3::pymodule]
pub mod borrowing_arrays {
    #[pymodule_export]
    use super::{
        add_meter, both_writable, copied_totals_around, like_total, limit, readonly_total, total,
        totals_around, while_written,
    };
}
