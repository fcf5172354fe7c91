//! Arguments that are a value, or the text of one.

use std::str::FromStr;

use pyo3::PyClass;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True;
use pyo3::types::PyString;

use crate::code::Error;

// region: text-or
/// A value that callers may also give as its text, which is then checked as the constructor does.
///
/// Not `#[derive(FromPyObject)]` on an enum of both: it replaces the reason why a text is wrong by its own message.
pub struct TextOr<T>(pub T);

impl<T: Value> FromPyObject<'_, '_> for TextOr<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Self(read(object)??))
    }
}

/// What the values of this crate are: frozen classes that are cheap to copy, and have a text.
pub trait Value: PyClass<Frozen = True> + Sync + Copy + FromStr<Err = Error> {}

impl<T: PyClass<Frozen = True> + Sync + Copy + FromStr<Err = Error>> Value for T {}

/// Reads a value: no object of the right type is the outer error, and a wrong text the inner one.
pub fn read<T: Value>(object: Borrowed<'_, '_, PyAny>) -> PyResult<Result<T, Error>> {
    if let Ok(value) = object.cast::<T>() {
        return Ok(Ok(*value.get()));
    }
    match object.cast::<PyString>() {
        Ok(text) => Ok(parse(&text)),
        Err(_) => Err(PyTypeError::new_err(format!(
            "expected `{}` or `str`, not `{}`",
            T::type_object(object.py()).name()?,
            object.get_type().name()?
        ))),
    }
}
// endregion: text-or

/// Reads a text, which may have lone surrogates in Python, but not in Rust.
pub fn parse<T: FromStr<Err = Error>>(text: &Bound<'_, PyString>) -> Result<T, Error> {
    text.to_str().map_err(|_| Error::Surrogate)?.parse()
}
