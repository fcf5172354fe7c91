//! Code shown in `references/types.md`.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fmt::Display;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use pyo3::exceptions::{PyLookupError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyDict, PyFloat, PyList, PyMapping, PySequence, PyString};
use pyo3::{Borrowed, IntoPyObjectExt, intern};

/// Say how many letters of a text are capitals; the text is read where Python keeps it.
#[pyfunction]
fn capitals(text: &str) -> usize {
    text.chars().filter(|letter| letter.is_uppercase()).count()
}

/// Return how many bytes a text has in UTF-8; not one of them is looked at.
#[pyfunction]
fn byte_length(text: &str) -> usize {
    text.len()
}

/// Make the titles of a list uniform; each text is copied, and each result is a new one.
#[pyfunction]
fn titles(texts: Vec<String>) -> Vec<String> {
    texts
        .into_iter()
        .map(|text| text.trim().to_uppercase())
        .collect()
}

// region: native
/// Replace what is missing in a list, in the list itself.
///
/// Returns:
///     How many readings were missing.
#[pyfunction]
fn fill_gaps(readings: &Bound<'_, PyList>, value: f64) -> PyResult<usize> {
    let mut gaps = 0;
    for index in 0..readings.len() {
        if readings.get_item(index)?.is_none() {
            readings.set_item(index, value)?;
            gaps += 1;
        }
    }
    Ok(gaps)
}
// endregion: native

/// Return the longer of two things that have a length, whatever they are.
#[pyfunction]
fn longer<'py>(left: Bound<'py, PyAny>, right: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    Ok(if left.len()? >= right.len()? {
        left
    } else {
        right
    })
}

// region: cast
/// Describe a reading without converting it first.
#[pyfunction]
fn describe(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(format!("label {}", text.to_str()?));
    }
    if let Ok(number) = value.cast_exact::<PyFloat>() {
        return Ok(format!("reading {:.1}", number.value()));
    }
    let kind = value.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "a reading is a float or a label, not {kind}"
    )))
}
// endregion: cast

// region: derive
/// A station as Python's dictionaries describe it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Station {
    name: String,
    #[pyo3(item("lat"), from_py_with = latitude)]
    latitude: f64,
    #[pyo3(default = 2)]
    height_metres: u32,
}

fn latitude(value: &Bound<'_, PyAny>) -> PyResult<f64> {
    let degrees: f64 = value.extract()?;
    if degrees.abs() <= 90.0 {
        Ok(degrees)
    } else {
        Err(PyValueError::new_err(format!(
            "latitude {degrees} is beyond a pole"
        )))
    }
}

/// What is known after a day; a dictionary in Python.
#[derive(IntoPyObject)]
struct Summary {
    station: String,
    mean: f64,
    #[pyo3(item("range"))]
    extremes: (f64, f64),
}

// endregion: derive

#[pyfunction]
fn summarize(station: Station, readings: Vec<f64>) -> PyResult<Summary> {
    let low = readings.iter().copied().fold(f64::INFINITY, f64::min);
    let high = readings.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if readings.is_empty() {
        return Err(PyValueError::new_err("no readings"));
    }
    let mean = readings.iter().sum::<f64>() / readings.len() as f64;
    let label = format!(
        "{} at {:.1}°, {} m",
        station.name, station.latitude, station.height_metres
    );
    Ok(Summary {
        station: label,
        mean,
        extremes: (low, high),
    })
}

/// Any object with these attributes: a dataclass, a named tuple, a class of Rust.
#[derive(FromPyObject)]
struct Reading {
    #[pyo3(attribute("celsius"))]
    degrees: f64,
    sensor: String,
}

#[pyfunction]
fn too_warm(reading: Reading) -> Option<String> {
    (reading.degrees > 30.0).then_some(reading.sensor)
}

// region: newtype
/// Degrees that are checked where they come in; nothing behind this can hold a wrong one.
struct Celsius(f64);

impl Celsius {
    fn new(degrees: f64) -> PyResult<Self> {
        if degrees >= -273.15 {
            Ok(Self(degrees))
        } else {
            Err(PyValueError::new_err(format!(
                "{degrees} °C is not a temperature above absolute zero"
            )))
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Celsius {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Self::new(value.extract()?)
    }
}

impl<'py> IntoPyObject<'py> for Celsius {
    type Target = PyFloat;
    type Output = Bound<'py, PyFloat>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        self.0.into_pyobject(py)
    }
}

#[pyfunction]
fn warmer(celsius: Celsius, by: f64) -> PyResult<Celsius> {
    Celsius::new(celsius.0 + by)
}
// endregion: newtype

// region: union
/// When something was measured; the variants are tried in this order.
#[derive(FromPyObject)]
enum Moment {
    #[pyo3(transparent, annotation = "int")]
    Seconds(i64),
    #[pyo3(transparent, annotation = "float")]
    Fraction(f64),
    #[pyo3(transparent, annotation = "str")]
    Name(String),
}
// endregion: union

#[pyfunction]
fn moment(value: Moment) -> String {
    match value {
        Moment::Seconds(seconds) => format!("{seconds} s"),
        Moment::Fraction(seconds) => format!("{seconds:.3} s"),
        Moment::Name(name) => name,
    }
}

/// What a sensor answers; each variant becomes the Python object of what it holds.
#[derive(IntoPyObject)]
enum Answer {
    Value(f64),
    Fault(String),
}

#[pyfunction]
fn ask(sensor: u32) -> Answer {
    if sensor < 8 {
        Answer::Value(f64::from(sensor) / 4.0)
    } else {
        Answer::Fault(format!("no sensor {sensor}"))
    }
}

/// Results of several types, of which only the caller's question decides.
#[pyfunction]
fn limit<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    match name {
        "channels" => 8_u8.into_bound_py_any(py),
        "celsius" => (-40.0, 85.0).into_bound_py_any(py),
        "model" => "T8".into_bound_py_any(py),
        _ => Err(PyLookupError::new_err(format!(
            "no limit is called `{name}`"
        ))),
    }
}

/// A dictionary without a HashMap between; the keys are made once.
#[pyfunction]
fn status(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let status = PyDict::new(py);
    status.set_item(intern!(py, "channels"), 8)?;
    status.set_item(intern!(py, "healthy"), true)?;
    Ok(status)
}

/// Convert a value to a Rust type and back; the chapter's table is tested with it.
#[pyfunction]
fn through<'py>(rust_type: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    macro_rules! table {
        ($($name:literal => $rust_type:ty),* $(,)?) => {
            match rust_type {
                $($name => value.extract::<$rust_type>().map_err(Into::<PyErr>::into)?.into_bound_py_any(value.py()),)*
                _ => Err(PyLookupError::new_err(rust_type.to_owned())),
            }
        };
    }
    table! {
        "bool" => bool,
        "u8" => u8,
        "i64" => i64,
        "u128" => u128,
        "NonZeroU32" => std::num::NonZeroU32,
        "f32" => f32,
        "f64" => f64,
        "char" => char,
        "String" => String,
        "&str" => &str,
        "Cow<str>" => Cow<'_, str>,
        "PyBackedStr" => PyBackedStr,
        "Vec<u8>" => Vec<u8>,
        "Cow<[u8]>" => Cow<'_, [u8]>,
        "&[u8]" => &[u8],
        "PyBackedBytes" => PyBackedBytes,
        "&CStr" => &CStr,
        "CString" => CString,
        "Cow<CStr>" => Cow<'_, CStr>,
        "OsString" => OsString,
        "Cow<OsStr>" => Cow<'_, OsStr>,
        "PathBuf" => PathBuf,
        "Cow<Path>" => Cow<'_, Path>,
        "Cell<f64>" => Cell<f64>,
        "Option<f64>" => Option<f64>,
        "Vec<f64>" => Vec<f64>,
        "[f64; 3]" => [f64; 3],
        "(String, f64)" => (String, f64),
        "HashMap<String, f64>" => HashMap<String, f64>,
        "BTreeMap<String, f64>" => BTreeMap<String, f64>,
        "HashSet<i64>" => HashSet<i64>,
        "BTreeSet<i64>" => BTreeSet<i64>,
        "Duration" => Duration,
        "SystemTime" => SystemTime,
        "IpAddr" => IpAddr,
        "Bound<PyList>" => Bound<'py, PyList>,
        "Bound<PySequence>" => Bound<'py, PySequence>,
        "Bound<PyMapping>" => Bound<'py, PyMapping>,
        "Bound<PyAny>" => Bound<'py, PyAny>,
    }
}

// region: parse
/// Any argument that Python writes as text and Rust can parse.
fn parsed<T>(value: &Bound<'_, PyAny>) -> PyResult<T>
where
    T: std::str::FromStr,
    T::Err: Display,
{
    let text: PyBackedStr = value.extract()?;
    text.trim()
        .parse()
        .map_err(|error: T::Err| PyValueError::new_err(format!("`{text}`: {error}")))
}

#[pyfunction]
fn next_address(#[pyo3(from_py_with = parsed)] address: std::net::Ipv4Addr) -> String {
    std::net::Ipv4Addr::from_bits(address.to_bits().wrapping_add(1)).to_string()
}
// endregion: parse

// region: class
/// The place of a station. It is a value: it cannot change, and equal places are equal and have one hash.
///
/// Args:
///     name: What the place is called; not empty.
///     metres: Its height above the sea.
#[pyclass(frozen, eq, hash, get_all, module = "fundamentals_snippets")]
#[derive(PartialEq, Eq, Hash)]
struct Place {
    name: String,
    metres: i32,
}

#[pymethods]
impl Place {
    #[new]
    #[pyo3(signature = (name, metres = 0))]
    fn new(name: String, metres: i32) -> PyResult<Self> {
        if name.is_empty() {
            return Err(PyValueError::new_err("a place has a name"));
        }
        Ok(Self { name, metres })
    }

    /// Whether the sea would flood it.
    #[getter]
    fn is_below_sea(&self) -> bool {
        self.metres < 0
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Place{}",
            self.__getnewargs__().into_pyobject(py)?.repr()?
        ))
    }

    // What `copy` and `pickle` call the class with, to make the same place again.
    fn __getnewargs__(&self) -> (&str, i32) {
        (&self.name, self.metres)
    }
}
// endregion: class

/// Say which of two places is higher; as an argument a class is a plain reference.
#[pyfunction]
fn is_higher(place: &Place, than: &Place) -> bool {
    place.metres > than.metres
}

#[pymodule]
pub mod types {
    #[pymodule_export]
    use super::{
        Place, ask, byte_length, capitals, describe, fill_gaps, is_higher, limit, longer, moment,
        next_address, status, summarize, through, titles, too_warm, warmer,
    };
}
