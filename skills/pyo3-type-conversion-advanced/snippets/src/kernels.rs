//! Code that `references/kernels.md` shows.

#[pyo3::pymodule]
pub mod kernels {}
