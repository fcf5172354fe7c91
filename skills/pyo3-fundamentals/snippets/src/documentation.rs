//! Code shown in `references/documentation.md`.

#[pyo3::pymodule]
pub mod documentation {}
