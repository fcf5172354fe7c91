//! The chapter `calls`.

#[pyo3::pymodule]
pub mod calls {}
