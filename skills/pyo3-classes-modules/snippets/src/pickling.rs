//! Code shown in `references/pickling.md`.

#[pyo3::pymodule]
pub mod pickling {}
