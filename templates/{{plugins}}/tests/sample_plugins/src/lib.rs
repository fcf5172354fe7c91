//! Filters in an extension of their own. They know the host by its contract in Python only.

use pyo3::prelude::*;

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
    use super::{Panics, Reverse};
}
