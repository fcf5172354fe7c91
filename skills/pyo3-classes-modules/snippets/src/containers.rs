//! Code shown in `references/containers.md`.

#[pyo3::pymodule]
pub mod containers {}
