//! The chapter `back-pressure`.

#[pyo3::pymodule]
pub mod back_pressure {}
