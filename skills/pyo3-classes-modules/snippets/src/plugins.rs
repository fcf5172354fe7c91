//! Code shown in `references/plugins.md`.

#[pyo3::pymodule]
pub mod plugins {}
