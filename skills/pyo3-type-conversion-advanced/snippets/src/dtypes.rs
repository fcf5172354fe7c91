//! Code that `references/dtypes.md` shows.
//!
//! A field of a packed struct may be unaligned, so there is no reference to it:
//!
//! ```compile_fail,E0793
//! #[repr(C, packed)]
//! struct Strike {
//!     positive: u8,
//!     current: f64,
//! }
//!
//! fn current(strike: &Strike) -> &f64 {
//!     &strike.current
//! }
//! ```

use half::f16;
use numpy::datetime::{Datetime, Timedelta, units};
use numpy::ndarray::ArrayViewD;
use numpy::prelude::*;
use numpy::{
    Complex32, Complex64, Element, PyArray1, PyArrayDescr, PyArrayDyn, PyFixedString,
    PyFixedUnicode, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArray, dtype,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

// region: trait
/// A type in which lightning detectors deliver the current of a strike, in kiloamperes.
trait Current: Element + Copy + Send + Sync + 'static {
    fn kiloamperes(self) -> f64;
}

impl Current for f64 {
    fn kiloamperes(self) -> f64 {
        self
    }
}

impl Current for i16 {
    /// Integers are in tenths.
    fn kiloamperes(self) -> f64 {
        f64::from(self) / 10.0
    }
}

/// The strongest current of either sign; knows no Python.
fn peak<T: Current>(currents: ArrayViewD<'_, T>) -> f64 {
    let magnitudes = currents.iter().map(|current| current.kiloamperes().abs());
    magnitudes.fold(0.0, f64::max)
}
// endregion: trait

impl Current for f32 {
    fn kiloamperes(self) -> f64 {
        self.into()
    }
}

impl Current for f16 {
    fn kiloamperes(self) -> f64 {
        self.into()
    }
}

// region: table
type PeakOf = fn(&Bound<'_, PyUntypedArray>) -> Option<PyResult<f64>>;

/// One line for each type; the first that takes an array computes its peak.
const PEAKS: [PeakOf; 4] = [
    peak_of::<f64>,
    peak_of::<f32>,
    peak_of::<f16>,
    peak_of::<i16>,
];

fn peak_of<T: Current>(array: &Bound<'_, PyUntypedArray>) -> Option<PyResult<f64>> {
    let array = array.cast::<PyArrayDyn<T>>().ok()?;
    let borrow = match array.try_readonly() {
        Ok(borrow) => borrow,
        Err(error) => return Some(Err(error.into())),
    };
    let view = borrow.as_array();
    Some(Ok(array.py().detach(|| peak(view))))
}

/// Return the strongest current in kiloamperes, of float64, float32, float16, or int16 in tenths.
#[pyfunction]
fn peak_current(currents: &Bound<'_, PyUntypedArray>) -> PyResult<f64> {
    let peak = PEAKS.iter().find_map(|peak_of| peak_of(currents));
    peak.unwrap_or_else(|| {
        let message = format!("currents are floats or int16, not {}", currents.dtype());
        Err(PyTypeError::new_err(message))
    })
}
// endregion: table

// region: enum
/// Currents of one of two types.
#[derive(FromPyObject)]
enum Currents<'py> {
    #[pyo3(transparent, annotation = "float64 array")]
    Double(PyReadonlyArrayDyn<'py, f64>),
    #[pyo3(transparent, annotation = "int16 array")]
    Tenths(PyReadonlyArrayDyn<'py, i16>),
}
// endregion: enum

/// Return the strongest current in kiloamperes, of float64, or int16 in tenths.
#[pyfunction]
fn peak_of_two(py: Python<'_>, currents: Currents<'_>) -> f64 {
    match &currents {
        Currents::Double(currents) => {
            let view = currents.as_array();
            py.detach(|| peak(view))
        }
        Currents::Tenths(currents) => {
            let view = currents.as_array();
            py.detach(|| peak(view))
        }
    }
}

// region: record
/// A lightning strike.
#[derive(Clone, Copy)]
#[repr(C)]
struct Strike {
    time: Datetime<units::Nanoseconds>,
    current: f32,
    channel: u16,
    // Two bytes that no field uses: NumPy counts them with `align=True`.
}

#[expect(unsafe_code, reason = "NumPy's memory is read as this struct")]
// SAFETY: the dtype has the offsets and the size of the struct, and every pattern of bits is a value of its fields.
unsafe impl Element for Strike {
    const IS_COPY: bool = true;

    fn get_dtype(py: Python<'_>) -> Bound<'_, PyArrayDescr> {
        static DTYPE: PyOnceLock<Py<PyArrayDescr>> = PyOnceLock::new();
        let dtype = DTYPE.get_or_init(py, || strike_dtype(py).expect("NumPy knows these types"));
        dtype.bind(py).clone()
    }

    fn clone_ref(&self, _py: Python<'_>) -> Self {
        *self
    }
}

fn strike_dtype(py: Python<'_>) -> PyResult<Py<PyArrayDescr>> {
    let fields = [("time", "M8[ns]"), ("current", "f4"), ("channel", "u2")];
    let dtype = py
        .get_type::<PyArrayDescr>()
        .call1((fields.to_vec(), true))?;
    Ok(dtype.cast_into::<PyArrayDescr>()?.unbind())
}

/// The strikes of one channel, as a new array.
#[pyfunction]
fn of_channel<'py>(
    py: Python<'py>,
    strikes: PyReadonlyArray1<'py, Strike>,
    channel: u16,
) -> Bound<'py, PyArray1<Strike>> {
    let strikes = strikes.as_array();
    let selected: Vec<Strike> = py.detach(|| {
        let strikes = strikes.iter().copied();
        strikes.filter(|strike| strike.channel == channel).collect()
    });
    selected.into_pyarray(py)
}
// endregion: record

/// The dtype that the functions take.
#[pyfunction]
fn strikes_dtype(py: Python<'_>) -> Bound<'_, PyArrayDescr> {
    dtype::<Strike>(py)
}

/// The time that passed between the first and the last strike, in nanoseconds; NaT is left out.
#[pyfunction]
fn duration(times: PyReadonlyArray1<'_, Datetime<units::Nanoseconds>>) -> PyResult<i64> {
    const NOT_A_TIME: i64 = i64::MIN;
    let times = times.as_array();
    let times = times.iter().map(|time| i64::from(*time));
    let (first, last) = times
        .filter(|time| *time != NOT_A_TIME)
        .fold((i64::MAX, i64::MIN), |(first, last), time| {
            (first.min(time), last.max(time))
        });
    let duration = last.checked_sub(first).filter(|duration| *duration >= 0);
    duration.ok_or_else(|| PyValueError::new_err("no times, or too far apart for int64"))
}

// region: native
/// Takes an array in the byte order of this machine; one in the other order is copied.
fn to_native<'py>(array: &Bound<'py, PyUntypedArray>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let dtype = array.dtype();
    if dtype.is_native_byteorder() != Some(false) {
        return Ok(array.clone());
    }
    let native = dtype.call_method1("newbyteorder", ("=",))?;
    let copy = array.call_method1("astype", (native,))?;
    Ok(copy.cast_into()?)
}
// endregion: native

/// As `peak_current`, for arrays in the other byte order, too.
#[pyfunction]
fn peak_current_of_any_order(currents: &Bound<'_, PyUntypedArray>) -> PyResult<f64> {
    peak_current(&to_native(currents)?)
}

/// Count the strikes that were confirmed, from an array of bool.
#[pyfunction]
fn count_confirmed(confirmed: &Bound<'_, PyArray1<bool>>) -> PyResult<usize> {
    let bytes = confirmed.call_method1("view", ("uint8",))?;
    let bytes: PyReadonlyArray1<'_, u8> = bytes.extract()?;
    Ok(bytes.as_array().iter().filter(|byte| **byte != 0).count())
}

/// The names, of an array of any kind of text.
#[pyfunction]
fn station_names(names: Vec<String>) -> Vec<String> {
    names
}

/// The names, of an array of `U8`.
#[pyfunction]
fn fixed_names(names: PyReadonlyArray1<'_, PyFixedUnicode<8>>) -> Vec<String> {
    names.as_array().iter().map(ToString::to_string).collect()
}

/// The longest list in an array of objects.
#[pyfunction]
fn longest(py: Python<'_>, objects: PyReadonlyArray1<'_, Py<PyAny>>) -> PyResult<usize> {
    let objects = objects.as_array();
    let lengths = objects.iter().map(|object| object.bind(py).len());
    Ok(lengths
        .collect::<PyResult<Vec<_>>>()?
        .into_iter()
        .max()
        .unwrap_or(0))
}

/// Which Rust types take the elements of an array.
#[pyfunction]
fn rust_types(array: &Bound<'_, PyUntypedArray>) -> Vec<&'static str> {
    fn takes<T: Element>(array: &Bound<'_, PyUntypedArray>) -> bool {
        array.cast::<PyArrayDyn<T>>().is_ok()
    }
    type Takes = fn(&Bound<'_, PyUntypedArray>) -> bool;
    let types: [(&str, Takes); 21] = [
        ("bool", takes::<bool>),
        ("i8", takes::<i8>),
        ("i16", takes::<i16>),
        ("i32", takes::<i32>),
        ("i64", takes::<i64>),
        ("u8", takes::<u8>),
        ("u16", takes::<u16>),
        ("u32", takes::<u32>),
        ("u64", takes::<u64>),
        ("f16", takes::<f16>),
        ("f32", takes::<f32>),
        ("f64", takes::<f64>),
        ("Complex32", takes::<Complex32>),
        ("Complex64", takes::<Complex64>),
        (
            "Datetime<Nanoseconds>",
            takes::<Datetime<units::Nanoseconds>>,
        ),
        ("Datetime<Seconds>", takes::<Datetime<units::Seconds>>),
        ("Timedelta<Seconds>", takes::<Timedelta<units::Seconds>>),
        ("PyFixedString<5>", takes::<PyFixedString<5>>),
        ("PyFixedUnicode<5>", takes::<PyFixedUnicode<5>>),
        ("Py<PyAny>", takes::<Py<PyAny>>),
        ("Strike", takes::<Strike>),
    ];
    let types = types.iter().filter(|(_, takes)| takes(array));
    types.map(|(name, _)| *name).collect()
}

/// Whether the elements are in the byte order of this machine, where they have one.
#[pyfunction]
fn is_native(array: &Bound<'_, PyUntypedArray>) -> Option<bool> {
    array.dtype().is_native_byteorder()
}

/// Whether the elements are bfloat16.
#[pyfunction]
fn is_bfloat16(array: &Bound<'_, PyUntypedArray>) -> bool {
    array.cast::<PyArrayDyn<half::bf16>>().is_ok()
}

#[pyo3::pymodule]
pub mod dtypes {
    #[pymodule_export]
    use super::{
        count_confirmed, duration, fixed_names, is_bfloat16, is_native, longest, of_channel,
        peak_current, peak_current_of_any_order, peak_of_two, rust_types, station_names,
        strikes_dtype,
    };
}
