//! Filters in an extension of their own. They know the host by its contract in Python only.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The text is too long.
#[derive(Debug, thiserror::Error)]
#[error("the text has {0} characters, and 20 is the most")]
struct TooLong(usize);

impl From<TooLong> for PyErr {
    fn from(error: TooLong) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

/// Turns a text around.
#[pyclass(frozen)]
struct Reverse;

#[pymethods]
impl Reverse {
    #[classattr]
    #[pyo3(name = "api_version")]
    const API_VERSION: u32 = 1;

    #[new]
    fn new() -> Self {
        Self
    }

    fn apply(&self, py: Python<'_>, text: &str) -> String {
        py.detach(|| text.chars().rev().collect())
    }
}

/// Lets short texts through and refuses others.
#[pyclass(frozen)]
struct Limit;

#[pymethods]
impl Limit {
    #[classattr]
    #[pyo3(name = "api_version")]
    const API_VERSION: u32 = 1;

    #[new]
    fn new() -> Self {
        Self
    }

    fn apply(&self, text: String) -> Result<String, TooLong> {
        match text.chars().count() {
            ..=20 => Ok(text),
            length => Err(TooLong(length)),
        }
    }
}

/// Cuts a text at its first byte, which may lie inside a character.
#[pyclass(frozen)]
struct Panics;

#[pymethods]
impl Panics {
    #[classattr]
    #[pyo3(name = "api_version")]
    const API_VERSION: u32 = 1;

    #[new]
    fn new() -> Self {
        Self
    }

    fn apply(&self, text: &str) -> String {
        text[1..].to_owned()
    }
}

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{Limit, Panics, Reverse};
}
