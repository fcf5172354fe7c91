//! What the chapters say that PyO3 refuses, as examples that must not compile; `cargo test --doc` tries each.
//!
//! `garbage-collection.md`: `__traverse__` gets `&self`, and nothing that is attached.
//!
//! ```
//! use pyo3::prelude::*;
//! use pyo3::{PyTraverseError, PyVisit};
//!
//! #[pyclass]
//! struct Topic(Option<Py<PyAny>>);
//!
//! #[pymethods]
//! impl Topic {
//!     fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> { visit.call(&self.0) }
//! }
//! ```
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//! use pyo3::{PyTraverseError, PyVisit};
//!
//! #[pyclass]
//! struct Topic(Option<Py<PyAny>>);
//!
//! #[pymethods]
//! impl Topic {
//!     fn __traverse__(slf: PyRef<'_, Self>, visit: PyVisit<'_>) -> Result<(), PyTraverseError> { visit.call(&slf.0) }
//! }
//! ```
