//! Code that `references/untrusted-data.md` shows.

#[pyo3::pymodule]
pub mod untrusted_data {}
