//! Code shown in `references/inheritance.md`.

#[pyo3::pymodule]
pub mod inheritance {}
