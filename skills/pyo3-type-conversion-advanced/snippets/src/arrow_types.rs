//! Code that `references/arrow-types.md` shows.

#[pyo3::pymodule]
pub mod arrow_types {}
