//! Code shown in `references/errors.md`.

#[pyo3::pymodule]
pub mod errors {}
