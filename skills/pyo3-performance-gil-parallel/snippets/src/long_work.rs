//! The chapter `long-work`.

#[pyo3::pymodule]
pub mod long_work {}
