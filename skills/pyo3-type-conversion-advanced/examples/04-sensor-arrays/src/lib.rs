//! Sensor readings in NumPy arrays: statistics of them, and functions that change them in place.
//!
//! Every function borrows the arrays while it is attached to the interpreter, and calculates on plain views while it
//! is detached.

mod access;
pub mod errors;
pub mod signal;

use numpy::prelude::*;
use numpy::{PyArray1, PyArrayDyn, PyUntypedArray};
use pyo3::prelude::*;

use access::{
    Readings, change, find_axis, one_dimensional, read, same_type, with_floats, with_readings,
};

// region: read
/// Compute the root mean square of all readings.
///
/// An array is read in place unless it is unaligned or has another byte order than this machine:
/// then a copy is. NaN makes the result NaN.
///
/// Args:
///     values: Readings of any shape and layout, `float32`, `float64` or integers.
///
/// Returns:
///     The root mean square in the unit of the readings, calculated in 64 bits.
///
/// Raises:
///     ReadingTypeError: If the elements have another type.
///     ReadingValueError: If there are no readings.
#[pyfunction]
pub fn rms(py: Python<'_>, values: Readings<'_>) -> PyResult<f64> {
    with_readings!(values.0, |array| {
        let borrowed = read(py, array)?;
        let readings = borrowed.as_array();
        Ok(py.detach(|| signal::rms(readings))?)
    })
}
// endregion: read

/// Compute the root mean square of each line of readings along an axis.
///
/// Args:
///     values: Readings with at least one dimension, `float32`, `float64` or integers.
///     axis: The axis that disappears; a negative one counts from the last.
///
/// Returns:
///     A new array without that axis. A line with NaN gives NaN.
///
/// Raises:
///     ReadingTypeError: If the elements have another type.
///     ReadingValueError: If there is no such axis, or nothing along it.
#[pyfunction]
#[pyo3(signature = (values, axis = -1))]
pub fn rms_along<'py>(
    py: Python<'py>,
    values: Readings<'py>,
    axis: isize,
) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
    let axis = find_axis(axis, values.0.ndim())?;
    with_readings!(values.0, |array| {
        let borrowed = read(py, array)?;
        let readings = borrowed.as_array();
        let lines = py.detach(|| signal::rms_along(readings, axis))?;
        Ok(lines.into_pyarray(py))
    })
}

/// Compute the mean of each `window` consecutive readings.
///
/// NaN and infinity only reach the means of the windows that they are in.
///
/// Args:
///     values: Readings with one dimension, `float32`, `float64` or integers.
///     window: How many readings to take together.
///
/// Returns:
///     A new array that is `window - 1` shorter.
///
/// Raises:
///     ReadingTypeError: If the elements have another type.
///     ReadingValueError: If there is not one dimension, or the window is less than 1 or longer than the
///         readings.
#[pyfunction]
pub fn rolling_mean<'py>(
    py: Python<'py>,
    values: Readings<'py>,
    window: isize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    with_readings!(values.0, |array| {
        let borrowed = read(py, array)?;
        let readings = one_dimensional(borrowed.as_array())?;
        let means = py.detach(|| signal::rolling_mean(readings, window))?;
        Ok(means.into_pyarray(py))
    })
}

/// Compute the total after each reading.
///
/// From a NaN on, all totals are NaN.
///
/// Args:
///     values: Readings with one dimension, `float32`, `float64` or integers.
///
/// Returns:
///     A new array of the same length. The totals of floats are of the same type, those of signed
///     integers `int64`, of unsigned ones `uint64`.
///
/// Raises:
///     OverflowError: If a total of integers needs more than 64 bits, where NumPy would wrap round.
///     ReadingTypeError: If the elements have another type.
///     ReadingValueError: If there is not one dimension.
#[pyfunction]
pub fn cumulative<'py>(
    py: Python<'py>,
    values: Readings<'py>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    with_readings!(values.0, |array| {
        let borrowed = read(py, array)?;
        let readings = one_dimensional(borrowed.as_array())?;
        let totals = py.detach(|| signal::cumulative(readings))?;
        Ok(totals.into_pyarray(py).as_untyped().clone())
    })
}

/// Scale readings in place, so that the largest magnitude becomes 1.
///
/// NaN is left out and stays NaN. If there are only NaN and zeros, nothing changes.
///
/// Args:
///     values: Readings of any shape and layout, `float32` or `float64`.
///
/// Raises:
///     ReadingTypeError: If the elements have another type or byte order, or can't be written to: the array is
///         read-only, unaligned, or has elements that overlap.
///     ReadingValueError: If a reading is infinite; the array is unchanged then.
#[pyfunction]
pub fn normalize(py: Python<'_>, values: &Bound<'_, PyUntypedArray>) -> PyResult<()> {
    with_floats!(*values, |array| {
        change(array, |readings| {
            py.detach(|| Ok(signal::normalize(readings)?))
        })
    })
}

/// Add a signal to another one in place.
///
/// They may be views of one array, and even overlap: what is added is the signal as it was before the call.
///
/// Args:
///     signal: The readings to add, of the type and shape of `target`.
///     target: The readings to add to, `float32` or `float64`.
///
/// Raises:
///     ReadingTypeError: If the types differ, or `target` can't be written to: see `normalize`.
///     ReadingValueError: If the shapes differ.
#[pyfunction]
pub fn mix_into(
    py: Python<'_>,
    signal: Readings<'_>,
    target: &Bound<'_, PyUntypedArray>,
) -> PyResult<()> {
    with_floats!(*target, |target| {
        let signal = same_type(&signal.0, target)?;
        change(target, |readings| {
            // Given back before the target is borrowed again: whoever waits holds no array that others wait for.
            let borrowed = read(py, signal)?;
            let signal = borrowed.as_array();
            py.detach(|| Ok(signal::mix_into(signal, readings)?))
        })
    })
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{cumulative, mix_into, normalize, rms, rms_along, rolling_mean};
}
