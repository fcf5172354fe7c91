//! Code shown in `references/callbacks.md`.

#[pyo3::pymodule]
pub mod callbacks {}
