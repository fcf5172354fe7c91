//! Code shown in `references/collections.md`.

#[pyo3::pymodule]
pub mod collections {}
