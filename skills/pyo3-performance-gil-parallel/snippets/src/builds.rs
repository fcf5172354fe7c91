//! The chapter `builds`.

#[pyo3::pymodule]
pub mod builds {}
