//! Code that `references/calls.md` shows: pairs of functions that differ in one thing.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyAnyMethods, PyByteArray, PyDict, PyList, PySequence, PyString, PyTuple, PyType,
};
use pyo3::{IntoPyObjectExt, intern};

#[pyfunction]
fn nothing() {}

/// Return what a parcel costs, in cents.
#[pyfunction]
#[pyo3(signature = (weight, zone = 1, express = false))]
fn postage(weight: f64, zone: u32, express: bool) -> f64 {
    (2.5 + weight * f64::from(zone)) * if express { 2.0 } else { 1.0 }
}

#[pyfunction]
#[pyo3(signature = (weight))]
fn postage_of(weight: f64) -> f64 {
    2.5 + weight
}

#[pyfunction]
#[pyo3(signature = (*weights))]
fn total_of(weights: &Bound<'_, PyTuple>) -> PyResult<f64> {
    weights.iter().map(|weight| weight.extract::<f64>()).sum()
}

#[pyfunction]
#[pyo3(signature = (**labels))]
fn label_count(labels: Option<&Bound<'_, PyDict>>) -> usize {
    labels.map_or(0, |labels| labels.len())
}

#[pyfunction]
#[pyo3(signature = (sides))]
fn volume_vec(sides: Vec<f64>) -> f64 {
    sides.iter().product()
}

#[pyfunction]
#[pyo3(signature = (sides))]
fn volume_array(sides: [f64; 3]) -> f64 {
    sides.iter().product()
}

#[pyfunction]
#[pyo3(signature = (sides))]
fn volume_tuple(sides: (f64, f64, f64)) -> f64 {
    sides.0 * sides.1 * sides.2
}

#[pyfunction]
#[pyo3(signature = (long, wide, high))]
fn volume(long: f64, wide: f64, high: f64) -> f64 {
    long * wide * high
}

#[pyfunction]
#[pyo3(signature = (street))]
fn is_box(street: &str) -> bool {
    street.starts_with("PO")
}

#[pyfunction]
#[pyo3(signature = (street))]
fn is_box_string(street: String) -> bool {
    street.starts_with("PO")
}

/// Return the zone of a postcode.
#[pyfunction]
#[pyo3(signature = (code))]
fn zone(code: &str) -> PyResult<u32> {
    find_zone(code).ok_or_else(|| PyValueError::new_err("no such postcode"))
}

/// Return the zone of a postcode, or nothing.
#[pyfunction]
#[pyo3(signature = (code))]
fn zone_or_none(code: &str) -> Option<u32> {
    find_zone(code)
}

fn find_zone(code: &str) -> Option<u32> {
    code.chars().next()?.to_digit(10)
}

// region: union
/// A weight in grams, or with its unit.
#[derive(FromPyObject)]
enum Weight {
    #[pyo3(transparent)]
    Grams(f64),
    #[pyo3(transparent)]
    Text(String),
}

/// Return a weight in grams.
#[pyfunction]
#[pyo3(signature = (weight))]
fn grams(weight: Weight) -> Option<f64> {
    match weight {
        Weight::Grams(grams) => Some(grams),
        Weight::Text(text) => parse_weight(&text),
    }
}

/// The same, by a check that makes no error.
#[pyfunction]
#[pyo3(signature = (weight))]
fn grams_cast(weight: &Bound<'_, PyAny>) -> PyResult<Option<f64>> {
    if let Ok(text) = weight.cast::<PyString>() {
        return Ok(parse_weight(text.to_str()?));
    }
    weight.extract().map(Some)
}
// endregion: union

fn parse_weight(text: &str) -> Option<f64> {
    text.strip_suffix('g')?.parse().ok()
}

// region: intern
/// Add up the attribute `weight` of each parcel.
#[pyfunction]
#[pyo3(signature = (parcels))]
fn total_by_name(parcels: &Bound<'_, PyList>) -> PyResult<f64> {
    let weigh = |parcel: Bound<'_, PyAny>| parcel.getattr("weight")?.extract::<f64>();
    parcels.iter().map(weigh).sum()
}

/// The same, with a name that is a Python object already.
#[pyfunction]
#[pyo3(signature = (parcels))]
fn total_by_interned_name(py: Python<'_>, parcels: &Bound<'_, PyList>) -> PyResult<f64> {
    let name = intern!(py, "weight");
    let weigh = |parcel: Bound<'_, PyAny>| parcel.getattr(name)?.extract::<f64>();
    parcels.iter().map(weigh).sum()
}
// endregion: intern

/// The same, of objects of Rust.
#[pyfunction]
#[pyo3(signature = (parcels))]
fn total_of_class(parcels: &Bound<'_, PyList>) -> PyResult<f64> {
    let weigh = |parcel: Bound<'_, PyAny>| Ok(parcel.cast::<Parcel>()?.get().weight);
    parcels.iter().map(weigh).sum()
}

#[pyfunction]
#[pyo3(signature = (parcel))]
fn missing_by_error(parcel: &Bound<'_, PyAny>) -> bool {
    parcel.getattr(intern!(parcel.py(), "insured")).is_err()
}

#[pyfunction]
#[pyo3(signature = (parcel))]
fn missing_by_option(parcel: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(parcel
        .getattr_opt(intern!(parcel.py(), "insured"))?
        .is_none())
}

#[pyfunction]
#[pyo3(signature = (value))]
fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PySequence>().is_ok()
}

#[pyfunction]
#[pyo3(signature = (value))]
fn is_list(value: &Bound<'_, PyAny>) -> bool {
    value.cast::<PyList>().is_ok()
}

#[pyfunction]
#[pyo3(signature = (value))]
fn is_decimal_imported(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    value.is_instance(&value.py().import("decimal")?.getattr("Decimal")?)
}

// region: once
/// Say whether a value is a `Decimal`; the class is looked up once.
#[pyfunction]
#[pyo3(signature = (value))]
fn is_decimal(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = DECIMAL.import(value.py(), "decimal", "Decimal")?;
    value.is_instance(class)
}
// endregion: once

#[pyfunction]
#[pyo3(signature = (callback))]
fn call_tuple<'py>(callback: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback.call1((1.5,))
}

#[pyfunction]
#[pyo3(signature = (callback))]
fn call_py_tuple<'py>(callback: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    callback.call1(PyTuple::new(callback.py(), [1.5])?)
}

#[pyfunction]
#[pyo3(signature = (callback))]
fn call_keyword<'py>(callback: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(callback.py());
    keywords.set_item(intern!(callback.py(), "weight"), 1.5)?;
    callback.call((), Some(&keywords))
}

/// A parcel that never changes.
#[pyclass(frozen)]
struct Parcel {
    #[pyo3(get)]
    weight: f64,
    street: String,
    street_object: Py<PyString>,
}

#[pymethods]
impl Parcel {
    #[new]
    fn new(weight: f64, street: Bound<'_, PyString>) -> PyResult<Self> {
        Ok(Self {
            weight,
            street: street.to_str()?.to_owned(),
            street_object: street.unbind(),
        })
    }

    fn weigh(&self) -> f64 {
        self.weight
    }

    #[staticmethod]
    fn lightest() -> f64 {
        0.1
    }

    #[getter]
    fn street(&self) -> &str {
        &self.street
    }

    #[getter]
    fn street_object(&self) -> &Py<PyString> {
        &self.street_object
    }
}

/// Adds up weights, one by one or many at once.
#[pyclass]
#[derive(Default)]
struct Scale {
    total: f64,
}

#[pymethods]
impl Scale {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&mut self, weight: f64) {
        self.total += weight;
    }

    fn add_many(&mut self, weights: Vec<f64>) {
        self.total += weights.iter().sum::<f64>();
    }

    fn total(&self) -> f64 {
        self.total
    }
}

static LABEL: [u8; 4096] = [b'#'; 4096];

#[pyfunction]
fn label() -> Vec<u8> {
    LABEL.to_vec()
}

#[pyfunction]
fn label_borrowed() -> &'static [u8] {
    &LABEL
}

/// Write a label into the caller's buffer, and return how many bytes it has.
#[pyfunction]
#[pyo3(signature = (buffer))]
fn label_into(buffer: &Bound<'_, PyByteArray>) -> PyResult<usize> {
    if buffer.len() < LABEL.len() {
        return Err(PyValueError::new_err("the buffer is too small"));
    }
    #[expect(unsafe_code, reason = "PyO3 lends a bytearray in no other way")]
    // SAFETY: no Python code runs, and no other thread attaches, while the slice lives. (With a GIL.)
    let bytes = unsafe { buffer.as_bytes_mut() };
    bytes[..LABEL.len()].copy_from_slice(&LABEL);
    Ok(LABEL.len())
}

#[pyfunction]
fn answer(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    "delivered".into_bound_py_any(py)
}

#[pyfunction]
fn answer_interned(py: Python<'_>) -> &Bound<'_, PyString> {
    intern!(py, "delivered")
}

#[pymodule]
pub mod calls {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{
        Parcel, Scale, answer, answer_interned, call_keyword, call_py_tuple, call_tuple, grams,
        grams_cast, is_box, is_box_string, is_decimal, is_decimal_imported, is_list, is_sequence,
        label, label_borrowed, label_count, label_into, missing_by_error, missing_by_option,
        nothing, postage, postage_of, total_by_interned_name, total_by_name, total_of,
        total_of_class, volume, volume_array, volume_tuple, volume_vec, zone, zone_or_none,
    };
}
