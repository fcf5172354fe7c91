//! Code shown in `references/ownership.md`.

#[pyo3::pymodule]
pub mod ownership {}
