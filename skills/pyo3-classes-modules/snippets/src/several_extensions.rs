//! Code shown in `references/several-extensions.md`.

#[pyo3::pymodule]
pub mod several_extensions {}
