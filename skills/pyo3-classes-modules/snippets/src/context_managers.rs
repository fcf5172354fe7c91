//! Code shown in `references/context-managers.md`.

#[pyo3::pymodule]
pub mod context_managers {}
