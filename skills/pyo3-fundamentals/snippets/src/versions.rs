//! Code shown in `references/versions.md`.

#[pyo3::pymodule]
pub mod versions {}
