//! Code shown in `references/properties.md`.

#[pyo3::pymodule]
pub mod properties {}
