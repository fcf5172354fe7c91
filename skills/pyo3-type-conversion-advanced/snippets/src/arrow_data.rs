//! Code that `references/arrow.md` shows.

#[pyo3::pymodule]
pub mod arrow_data {}
