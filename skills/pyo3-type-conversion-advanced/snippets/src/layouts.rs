//! Code that `references/layouts.md` shows.

#[pyo3::pymodule]
pub mod layouts {}
