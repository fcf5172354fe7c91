//! What derived code leaves to us: keys that are unknown or missing, items by their number, numbers that are none.

use std::collections::BTreeMap;
use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

/// A type that is read from a dict with certain keys.
pub trait Table {
    const REQUIRED: &[&str];
    const OPTIONAL: &[&str];
}

// region: table
/// Reads a table, and refuses keys that it doesn't have: a derived `FromPyObject` never sees them.
pub fn table<'py, T>(object: &Bound<'py, PyAny>) -> PyResult<T>
where
    T: Table + for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    let dict = take_dict(object)?;
    let keys = take_keys(&dict)?;
    let is_known = |key: &String| [T::REQUIRED, T::OPTIONAL].concat().contains(&key.as_str());
    if let Some(key) = keys.iter().find(|key| !is_known(key)) {
        return Err(unknown(key, &[T::REQUIRED, T::OPTIONAL].concat()));
    }
    let is_missing = |key: &&&str| !keys.iter().any(|known| known == *key);
    if let Some(key) = T::REQUIRED.iter().find(is_missing) {
        return Err(PyValueError::new_err(format!("there is no `{key}`")));
    }
    dict.extract()
}
// endregion: table

/// Reads a list of tables.
pub fn tables<'py, T>(object: &Bound<'py, PyAny>) -> PyResult<Vec<T>>
where
    T: Table + for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    let list = object
        .cast::<PyList>()
        .map_err(|_| wrong("a list", object))?;
    let items = list.iter().enumerate();
    items
        .map(|(number, item)| {
            table(&item).map_err(|error| within(&item, format!("item {number}"), error))
        })
        .collect()
}

/// Reads a table of tables whose keys are names.
pub fn named_tables<'py, T>(object: &Bound<'py, PyAny>) -> PyResult<BTreeMap<String, T>>
where
    T: Table + for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    let dict = take_dict(object)?;
    let items = take_keys(&dict)?.into_iter().zip(dict.values());
    items
        .map(|(name, value)| {
            let item = table(&value).map_err(|error| within(&value, format!("`{name}`"), error))?;
            Ok((name, item))
        })
        .collect()
}

/// Takes the only key of a table, which must be one of those that there are, and its value.
pub fn take_one<'py>(
    object: &Bound<'py, PyAny>,
    known: &'static [&'static str],
) -> PyResult<(&'static str, Bound<'py, PyAny>)> {
    let dict = take_dict(object)?;
    let keys = take_keys(&dict)?;
    let [key] = keys.as_slice() else {
        let message = format!(
            "expected one of `{}`, found {} keys",
            known.join("`, `"),
            keys.len()
        );
        return Err(PyValueError::new_err(message));
    };
    let name = known.iter().find(|name| *name == key);
    let name = *name.ok_or_else(|| unknown(key, known))?;
    Ok((name, dict.as_any().get_item(name)?))
}

// region: whole
/// Reads a whole number. To Python `True` is one, in a configuration it is a mistake.
pub fn read_whole<'py, T>(object: &Bound<'py, PyAny>) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    if object.is_instance_of::<PyBool>() {
        return Err(wrong("a whole number", object));
    }
    object.extract()
}
// endregion: whole

// region: span
/// How a time may be written.
#[derive(FromPyObject)]
enum Span {
    #[pyo3(transparent, annotation = "timedelta")]
    Delta(Duration),
    #[pyo3(transparent, annotation = "number of seconds")]
    Seconds(f64),
}

/// Reads a time: a `timedelta`, or seconds.
pub fn read_span(object: &Bound<'_, PyAny>) -> PyResult<Duration> {
    if object.is_instance_of::<PyBool>() {
        return Err(wrong("a time", object));
    }
    match object.extract()? {
        Span::Delta(span) => Ok(span),
        // What is negative, infinite or NaN would be a panic in `from_secs_f64`.
        Span::Seconds(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| PyValueError::new_err(format!("{seconds:?} seconds are no time"))),
    }
}
// endregion: span

// region: copy
/// Takes a copy, which is a plain dict: a number's `__index__`, or a thread, may change the other one while we read,
/// and the iterator of a dict that changes panics.
fn take_dict<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let dict = object.cast::<PyDict>();
    dict.map_err(|_| wrong("a table", object))?.copy()
}
// endregion: copy

fn take_keys(dict: &Bound<'_, PyDict>) -> PyResult<Vec<String>> {
    dict.keys()
        .iter()
        .map(|key| match key.cast::<PyString>() {
            Ok(text) => text.extract(),
            Err(_) => Err(wrong("a text as key", &key)),
        })
        .collect()
}

fn wrong(expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    match found.get_type().qualname() {
        Ok(name) => PyTypeError::new_err(format!("expected {expected}, found `{name}`")),
        Err(error) => error,
    }
}

fn unknown(key: &str, known: &[&str]) -> PyErr {
    let known = known.join("`, `");
    PyValueError::new_err(format!("`{key}` is no key here: expected `{known}`"))
}

/// Says where an error was, as derived code does for fields.
fn within(object: &Bound<'_, PyAny>, place: String, error: PyErr) -> PyErr {
    let outer = PyValueError::new_err(place);
    outer.set_cause(object.py(), Some(error));
    outer
}
