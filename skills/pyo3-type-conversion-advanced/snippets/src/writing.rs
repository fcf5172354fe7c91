//! Code that `references/writing.md` shows.
//!
//! A trait of PyO3 can't be implemented for a type of the standard library:
//!
//! ```compile_fail,E0117
//! use pyo3::prelude::*;
//!
//! impl FromPyObject<'_, '_> for std::ops::Range<u8> {
//!     type Error = PyErr;
//!
//!     fn extract(value: pyo3::Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
//!         let (start, end) = value.extract()?;
//!         Ok(start..end)
//!     }
//! }
//! ```
//!
//! What is borrowed from a temporary object can't be returned:
//!
//! ```compile_fail,E0515
//! use pyo3::prelude::*;
//!
//! fn title<'a>(page: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
//!     page.getattr("title")?.extract()
//! }
//! ```
//!
//! `Borrowed` lends for `'a`, a `&Bound` made of it only for as long as the function runs:
//!
//! ```compile_fail,E0515
//! use pyo3::prelude::*;
//!
//! fn text<'a>(value: pyo3::Borrowed<'a, '_, PyAny>) -> PyResult<&'a str> {
//!     let bound: &Bound<'_, PyAny> = &value;
//!     bound.extract()
//! }
//! ```
//!
//! ```
//! use pyo3::prelude::*;
//!
//! fn text<'a>(value: pyo3::Borrowed<'a, '_, PyAny>) -> PyResult<&'a str> {
//!     value.extract()
//! }
//! ```
//!
//! `&Vec<T>` asks for `&T`:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//!
//! #[derive(IntoPyObject)]
//! struct Tile(u32);
//!
//! fn list<'py>(py: Python<'py>, tiles: &Vec<Tile>) -> PyResult<Bound<'py, PyAny>> {
//!     tiles.into_pyobject(py)
//! }
//! ```
//!
//! A list lends nothing, so its items must own what they hold:
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//!
//! fn names<'a>(value: &'a Bound<'_, PyAny>) -> PyResult<Vec<&'a str>> {
//!     value.extract()
//! }
//! ```

use std::convert::Infallible;
use std::fmt;
use std::ops::RangeInclusive;

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyString, PyTuple};
use pyo3::{Borrowed, IntoPyObjectExt, intern};

// region: many
/// A place on the map, in degrees.
#[pyclass(frozen, eq, get_all, module = "conversion_snippets")]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Position {
    latitude: f64,
    longitude: f64,
}

/// Taken as itself, as a tuple, as text, or as any object with the two attributes.
impl FromPyObject<'_, '_> for Position {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(position) = value.cast::<Self>() {
            return Ok(*position.get());
        }
        if let Ok(pair) = value.cast::<PyTuple>() {
            let (latitude, longitude) = pair.extract()?;
            return Self::new(latitude, longitude);
        }
        if let Ok(text) = value.cast::<PyString>() {
            return Self::parse(text.to_str()?);
        }
        if let Some(latitude) = value.getattr_opt(intern!(value.py(), "latitude"))? {
            let longitude = value.getattr(intern!(value.py(), "longitude"))?;
            return Self::new(latitude.extract()?, longitude.extract()?);
        }
        Err(PyTypeError::new_err(format!(
            "a position is a tuple, text such as `47.4, 8.5`, or has `latitude` and `longitude`; it is no `{}`",
            value.get_type().name()?
        )))
    }
}
// endregion: many

#[pymethods]
impl Position {
    #[new]
    fn new(latitude: f64, longitude: f64) -> PyResult<Self> {
        if latitude.abs() <= 90.0 && longitude.abs() <= 180.0 {
            Ok(Self {
                latitude,
                longitude,
            })
        } else {
            Err(PyValueError::new_err(format!(
                "{latitude}, {longitude} is not on the globe"
            )))
        }
    }

    /// Return how many degrees north this place is of another.
    fn north_of(&self, other: Position) -> f64 {
        self.latitude - other.latitude
    }
}

impl Position {
    fn parse(text: &str) -> PyResult<Self> {
        let numbers = text.split_once(',').map(|(latitude, longitude)| {
            (
                latitude.trim().parse::<f64>(),
                longitude.trim().parse::<f64>(),
            )
        });
        match numbers {
            Some((Ok(latitude), Ok(longitude))) => Self::new(latitude, longitude),
            _ => Err(PyValueError::new_err(format!("`{text}` is not a position"))),
        }
    }
}

#[pyfunction]
#[pyo3(signature = (position = None))]
fn locate(position: Option<Position>) -> Option<Position> {
    position
}

#[pyfunction]
fn northernmost(positions: Vec<Position>) -> Option<Position> {
    positions
        .into_iter()
        .max_by(|a, b| a.latitude.total_cmp(&b.latitude))
}

// region: borrowed
/// The name of a map layer, read where Python keeps it.
struct LayerName<'a>(&'a str);

impl<'a> FromPyObject<'a, '_> for LayerName<'a> {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        let name: &'a str = value.extract()?;
        if name.starts_with(char::is_alphabetic) {
            Ok(Self(name))
        } else {
            Err(PyValueError::new_err(format!(
                "`{name}` does not begin with a letter"
            )))
        }
    }
}
// endregion: borrowed

/// Return where the name of a layer is in memory.
#[pyfunction]
fn layer_address(layer: LayerName<'_>) -> usize {
    layer.0.as_ptr() as usize
}

/// A label that stays a Python object, with what Rust needs to know of it.
struct Label<'py> {
    text: Bound<'py, PyString>,
    width: usize,
}

impl<'py> FromPyObject<'_, 'py> for Label<'py> {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let text = value.cast::<PyString>()?.to_owned();
        let width = text.code_point_len()?;
        Ok(Self { text, width })
    }
}

#[pyfunction]
fn widest<'py>(labels: Vec<Label<'py>>) -> Option<Bound<'py, PyString>> {
    let widest = labels.into_iter().max_by_key(|label| label.width)?;
    Some(widest.text)
}

/// Reads any iterable, and keeps what is greater than all before it.
fn records<'py, T>(values: &Bound<'py, PyAny>) -> PyResult<Vec<T>>
where
    T: FromPyObjectOwned<'py> + PartialOrd,
{
    let mut records: Vec<T> = Vec::new();
    for value in values.try_iter()? {
        // The error of `T` is not known to be a `PyErr`, so `?` alone does not compile.
        let value = value?.extract::<T>().map_err(Into::into)?;
        if records.last().is_none_or(|record| *record < value) {
            records.push(value);
        }
    }
    Ok(records)
}

#[pyfunction]
fn record_heights(heights: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    records(heights)
}

/// A share of a whole, from 0 to 1; percentages are text.
#[derive(Debug, PartialEq, PartialOrd)]
struct Share(f64);

// region: reason
/// Why something is not a share. An exception is made of it only if it reaches Python.
enum NotAShare<'py> {
    Type(Bound<'py, PyAny>),
    Range(f64),
    Python(PyErr),
}
// endregion: reason

impl From<NotAShare<'_>> for PyErr {
    fn from(error: NotAShare<'_>) -> Self {
        match error {
            NotAShare::Type(value) => PyTypeError::new_err(format!("{value} is not a share")),
            NotAShare::Range(share) => PyValueError::new_err(format!("{share} is not in 0 to 1")),
            NotAShare::Python(error) => error,
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Share {
    type Error = NotAShare<'py>;

    fn extract(value: Borrowed<'_, 'py, PyAny>) -> Result<Self, NotAShare<'py>> {
        let share = if let Ok(number) = value.cast::<PyFloat>() {
            number.value()
        } else if let Ok(text) = value.cast::<PyString>() {
            let text = text.to_cow().map_err(NotAShare::Python)?;
            match text.strip_suffix('%').map(str::parse::<f64>) {
                Some(Ok(percent)) => percent / 100.0,
                _ => return Err(NotAShare::Type(value.to_owned())),
            }
        } else {
            return Err(NotAShare::Type(value.to_owned()));
        };
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(NotAShare::Range(share))
        }
    }
}

// region: error
/// Add up what is a share and count the rest.
#[pyfunction]
fn add_shares(values: &Bound<'_, PyAny>) -> PyResult<(f64, usize)> {
    let (mut sum, mut others) = (0.0, 0);
    for value in values.try_iter()? {
        match value?.extract() {
            Ok(Share(share)) => sum += share,
            Err(NotAShare::Python(error)) => return Err(error),
            Err(_) => others += 1,
        }
    }
    Ok((sum, others))
}
// endregion: error

#[pyfunction]
fn share(share: Share) -> f64 {
    share.0
}

/// The same as `add_shares` with an exception for each value that is no share, for comparison.
#[pyfunction]
fn add_shares_by_exception(values: &Bound<'_, PyAny>) -> PyResult<(f64, usize)> {
    let (mut sum, mut others) = (0.0, 0);
    for value in values.try_iter()? {
        match value?
            .extract::<Share>()
            .map_err(|error| PyErr::from(error).into_value(values.py()))
        {
            Ok(Share(share)) => sum += share,
            Err(_) => others += 1,
        }
    }
    Ok((sum, others))
}

#[derive(Clone, Copy)]
enum Hemisphere {
    North,
    South,
}

// region: out
/// The same two strings each time.
impl<'py> IntoPyObject<'py> for Hemisphere {
    type Target = PyString;
    type Output = Borrowed<'py, 'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        let name = match self {
            Self::North => intern!(py, "north"),
            Self::South => intern!(py, "south"),
        };
        Ok(name.as_borrowed())
    }
}

// endregion: out

/// By reference too, so that a `&Vec<Hemisphere>` and a field of a derived struct by reference convert.
impl<'py> IntoPyObject<'py> for &Hemisphere {
    type Target = PyString;
    type Output = Borrowed<'py, 'py, PyString>;
    type Error = Infallible;

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Infallible> {
        (*self).into_pyobject(py)
    }
}

impl Hemisphere {
    fn of(position: &Position) -> Self {
        if position.latitude < 0.0 {
            Self::South
        } else {
            Self::North
        }
    }
}

#[pyfunction]
fn hemisphere(position: Position) -> Hemisphere {
    Hemisphere::of(&position)
}

#[pyfunction]
fn hemispheres<'py>(py: Python<'py>, positions: Vec<Position>) -> PyResult<Bound<'py, PyAny>> {
    let hemispheres: Vec<Hemisphere> = positions.iter().map(Hemisphere::of).collect();
    (&hemispheres).into_bound_py_any(py)
}

/// Reads one zoom level or a pair of them.
fn zoom_levels(value: &Bound<'_, PyAny>) -> PyResult<RangeInclusive<u8>> {
    if let Ok(pair) = value.cast::<PyTuple>() {
        let (lowest, highest) = pair.extract()?;
        return Ok(lowest..=highest);
    }
    let level = value.extract()?;
    Ok(level..=level)
}

/// Return how many tiles the zoom levels of a map have.
#[pyfunction]
#[pyo3(signature = (zoom = 0..=2))]
fn tiles(#[pyo3(from_py_with = zoom_levels)] zoom: RangeInclusive<u8>) -> PyResult<u64> {
    let tiles = |level: u8| 1_u64.checked_shl(2 * u32::from(level));
    let sum = zoom
        .map(tiles)
        .try_fold(0, |sum: u64, tiles| sum.checked_add(tiles?));
    sum.ok_or_else(|| PyValueError::new_err("too many tiles"))
}

/// A range of bytes as HTTP writes it; the type of the standard library can't have PyO3's traits.
struct ByteRange(RangeInclusive<u64>);

impl fmt::Display for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "bytes={}-{}", self.0.start(), self.0.end())
    }
}

impl<'py> IntoPyObject<'py> for ByteRange {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        PyString::from_fmt(py, format_args!("{self}"))
    }
}

#[pyfunction]
fn range_of_tile(index: u32, size: u32) -> ByteRange {
    let start = u64::from(index) * u64::from(size);
    ByteRange(start..=start + u64::from(size).saturating_sub(1))
}

#[pyo3::pymodule]
pub mod writing {
    #[pymodule_export]
    use super::{
        Position, add_shares, add_shares_by_exception, hemisphere, hemispheres, layer_address,
        locate, northernmost, range_of_tile, record_heights, share, tiles, widest,
    };
}
