//! Code shown in `references/receivers.md`.

#[pyo3::pymodule]
pub mod receivers {}
