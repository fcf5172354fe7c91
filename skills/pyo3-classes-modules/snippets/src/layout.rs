//! Code shown in `references/layout.md`.

#[pyo3::pymodule]
pub mod layout {}
