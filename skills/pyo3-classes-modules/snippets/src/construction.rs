//! Code shown in `references/construction.md`.

#[pyo3::pymodule]
pub mod construction {}
