//! Code that `references/dlpack.md` shows.

#[pyo3::pymodule]
pub mod dlpack {}
