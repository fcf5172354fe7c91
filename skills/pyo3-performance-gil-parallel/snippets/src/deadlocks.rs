//! The chapter `deadlocks`.

#[pyo3::pymodule]
pub mod deadlocks {}
