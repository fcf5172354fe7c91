//! Code that `references/returning-arrays.md` shows.
//!
//! An array that borrows can't be returned without saying what keeps its memory alive:
//!
//! ```compile_fail,E0133
//! use numpy::{PyArray1, ndarray::Array1};
//! use pyo3::prelude::*;
//!
//! fn levels<'py>(levels: &Array1<f64>, owner: Bound<'py, PyAny>) -> Bound<'py, PyArray1<f64>> {
//!     PyArray1::borrow_from_array(levels, owner)
//! }
//! ```

use std::f64::consts::TAU;
use std::sync::{Arc, OnceLock};

use numpy::ndarray::{Array2, ArrayView1};
use numpy::{
    IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadwriteArray1, PyUntypedArrayMethods,
    ToPyArray,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// Hours from one high tide to the next.
const PERIOD: f64 = 12.42;

fn level(hour: usize) -> f64 {
    (hour as f64 * TAU / PERIOD).cos()
}

// region: moved
/// Return the level of the sea in each hour. The array takes over the memory of the `Vec`.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide(py: Python<'_>, hours: usize) -> Bound<'_, PyArray1<f64>> {
    let levels: Vec<f64> = py.detach(|| (0..hours).map(level).collect());
    levels.into_pyarray(py)
}
// endregion: moved

/// Return the address of the `Vec`, and the array that it became.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide_and_address(py: Python<'_>, hours: usize) -> (usize, Bound<'_, PyArray1<f64>>) {
    let levels: Vec<f64> = (0..hours).map(level).collect();
    (levels.as_ptr().addr(), levels.into_pyarray(py))
}

// region: copied
/// The same, with the levels copied into memory of NumPy.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide_copied(py: Python<'_>, hours: usize) -> Bound<'_, PyArray1<f64>> {
    let levels: Vec<f64> = (0..hours).map(level).collect();
    levels.to_pyarray(py)
}
// endregion: copied

// region: filled
/// The same, computed into memory of NumPy.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide_filled(py: Python<'_>, hours: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let levels = PyArray1::zeros(py, hours, false);
    fill(&mut levels.try_readwrite()?);
    Ok(levels)
}

fn fill(levels: &mut PyReadwriteArray1<'_, f64>) {
    let mut view = levels.as_array_mut();
    view.indexed_iter_mut()
        .for_each(|(hour, place)| *place = level(hour));
}
// endregion: filled

/// The same, read-only.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide_read_only(py: Python<'_>, hours: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let levels = tide_filled(py, hours)?;
    levels.try_readwrite()?.make_nonwriteable();
    Ok(levels)
}

/// Return a list, as a `Vec` becomes one.
#[pyfunction]
#[pyo3(signature = (hours))]
fn tide_list(hours: usize) -> Vec<f64> {
    (0..hours).map(level).collect()
}

/// Return the first levels of many; the array keeps the memory of all.
#[pyfunction]
#[pyo3(signature = (hours, first, shrink = false))]
fn tide_truncated(
    py: Python<'_>,
    hours: usize,
    first: usize,
    shrink: bool,
) -> Bound<'_, PyArray1<f64>> {
    let mut levels: Vec<f64> = (0..hours).map(level).collect();
    levels.truncate(first);
    if shrink {
        levels.shrink_to_fit();
    }
    levels.into_pyarray(py)
}

// region: out
/// Compute levels into `out`, or into a new array.
#[pyfunction]
#[pyo3(signature = (hours, *, out = None))]
fn tide_into<'py>(
    py: Python<'py>,
    hours: usize,
    out: Option<Bound<'py, PyArray1<f64>>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let out = out.unwrap_or_else(|| PyArray1::zeros(py, hours, false));
    if out.len() != hours {
        let message = format!("out has {} places, and {hours} are needed", out.len());
        return Err(PyValueError::new_err(message));
    }
    fill(&mut out.try_readwrite()?);
    Ok(out)
}
// endregion: out

/// Return where a drifting buoy was in each hour: an array with a row of two for each.
#[pyfunction]
#[pyo3(signature = (hours))]
fn drift(py: Python<'_>, hours: usize) -> PyResult<Bound<'_, PyArray2<f64>>> {
    let places: Vec<[f64; 2]> = (0..hours).map(|hour| [hour as f64, level(hour)]).collect();
    places.into_flattened().into_pyarray(py).reshape([hours, 2])
}

/// Return a table in the order of Fortran.
#[pyfunction]
#[pyo3(signature = (days))]
fn transposed(py: Python<'_>, days: usize) -> Bound<'_, PyArray2<f64>> {
    let levels = Array2::from_shape_fn((days, 24), |(day, hour)| level(day * 24 + hour));
    levels.reversed_axes().into_pyarray(py)
}

// region: lend
/// Levels of many days. The arrays that it returns are views of its memory.
#[pyclass(frozen)]
struct TideTable {
    levels: Array2<f64>,
}

#[pymethods]
impl TideTable {
    #[new]
    #[pyo3(signature = (days))]
    fn new(days: usize) -> Self {
        let levels = Array2::from_shape_fn((days, 24), |(day, hour)| level(day * 24 + hour));
        Self { levels }
    }

    /// A row a day, a column an hour; read-only.
    #[getter]
    fn levels<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let owner = slf.clone().into_any();
        lend(&slf.get().levels, owner)
    }
}

/// Returns a read-only array over the levels of a table.
#[expect(unsafe_code, reason = "the memory belongs to the table")]
fn lend<'py>(
    levels: &Array2<f64>,
    owner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    // SAFETY: the array keeps `owner` alive, which owns the levels, is frozen and has nothing that changes or
    // replaces them.
    let array = unsafe { PyArray2::borrow_from_array(levels, owner) };
    // Else Python could write into what Rust reads through `&self`.
    array.call_method1("setflags", (false,))?;
    Ok(array)
}
// endregion: lend

// region: keep
/// The same without `unsafe`: the table keeps an array, and lends that one.
#[pyclass(frozen)]
struct KeptTable {
    #[pyo3(get)]
    levels: Py<PyArray1<f64>>,
}

#[pymethods]
impl KeptTable {
    #[new]
    #[pyo3(signature = (hours))]
    fn new(py: Python<'_>, hours: usize) -> Self {
        let levels = tide(py, hours).readwrite().make_nonwriteable();
        Self {
            levels: (*levels).clone().unbind(),
        }
    }
}
// endregion: keep

// region: share
static YEAR: OnceLock<Arc<[f64]>> = OnceLock::new();

/// Return the levels of a year. All arrays, and Rust, share one memory.
#[pyfunction]
#[expect(unsafe_code, reason = "the memory is shared with Rust")]
fn year(py: Python<'_>) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let levels = YEAR.get_or_init(|| (0..365 * 24).map(level).collect());
    let view = ArrayView1::from(&**levels);
    let owner = PyCapsule::new_with_value(py, Arc::clone(levels), c"tides.levels")?;
    // SAFETY: the array keeps the capsule alive, which owns a share of the levels; nothing ever changes them.
    let array = unsafe { PyArray1::borrow_from_array(&view, owner.into_any()) };
    array.call_method1("setflags", (false,))?;
    Ok(array)
}
// endregion: share

/// Count who shares the levels of the year.
#[pyfunction]
fn year_shares() -> usize {
    YEAR.get().map_or(0, Arc::strong_count)
}

#[pymodule]
pub mod returning_arrays {
    #[pymodule_export]
    use super::{
        KeptTable, TideTable, drift, tide, tide_and_address, tide_copied, tide_filled, tide_into,
        tide_list, tide_read_only, tide_truncated, transposed, year, year_shares,
    };
}
