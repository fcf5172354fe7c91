//! Code that `references/costs.md` shows.

#[pyo3::pymodule]
pub mod costs {}
