//! Code shown in `references/equality.md`.

#[pyo3::pymodule]
pub mod equality {}
