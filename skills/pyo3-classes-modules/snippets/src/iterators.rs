//! Code shown in `references/iterators.md`.

#[pyo3::pymodule]
pub mod iterators {}
