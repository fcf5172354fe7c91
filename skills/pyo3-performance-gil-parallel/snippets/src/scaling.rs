//! The chapter `scaling`.

#[pyo3::pymodule]
pub mod scaling {}
