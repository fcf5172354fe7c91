//! Code that `references/values.md` shows.

#[pyo3::pymodule]
pub mod values {}
