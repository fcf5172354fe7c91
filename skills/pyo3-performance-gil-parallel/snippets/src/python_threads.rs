//! The chapter `python-threads`.

#[pyo3::pymodule]
pub mod python_threads {}
