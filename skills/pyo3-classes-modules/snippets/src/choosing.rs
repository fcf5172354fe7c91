//! Code shown in `references/choosing.md`.

#[pyo3::pymodule]
pub mod choosing {}
