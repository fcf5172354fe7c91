//! Code that `references/returning-arrays.md` shows.

#[pyo3::pymodule]
pub mod returning_arrays {}
