//! Code shown in `references/operators.md`.

#[pyo3::pymodule]
pub mod operators {}
