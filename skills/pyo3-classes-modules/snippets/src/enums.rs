//! Code shown in `references/enums.md`.

#[pyo3::pymodule]
pub mod enums {}
