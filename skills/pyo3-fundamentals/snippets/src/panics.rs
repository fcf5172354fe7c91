//! Code shown in `references/panics.md`.

#[pyo3::pymodule]
pub mod panics {}
