//! The chapter `profiling`.

#[pyo3::pymodule]
pub mod profiling {}
