//! Code shown in `references/testing.md`.

#[pyo3::pymodule]
pub mod testing {}
