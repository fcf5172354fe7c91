//! Code shown in `references/profiles.md`.

#[pyo3::pymodule]
pub mod profiles {}
