//! The chapter `memory`.

#[pyo3::pymodule]
pub mod memory {}
