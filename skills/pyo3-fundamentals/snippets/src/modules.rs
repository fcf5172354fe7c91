//! Code shown in `references/modules.md`.

#[pyo3::pymodule]
pub mod modules {}
