//! The chapter `processes`.

#[pyo3::pymodule]
pub mod processes {}
