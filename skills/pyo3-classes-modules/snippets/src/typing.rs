//! Code shown in `references/typing.md`.

#[pyo3::pymodule]
pub mod typing {}
