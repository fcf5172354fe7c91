//! Code shown in `references/types.md`.

#[pyo3::pymodule]
pub mod types {}
