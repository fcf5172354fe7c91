//! Code shown in `references/functions.md`.

#[pyo3::pymodule]
pub mod functions {}
