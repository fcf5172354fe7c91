//! Code shown in `references/values.md`.

#[pyo3::pymodule]
pub mod values {}
