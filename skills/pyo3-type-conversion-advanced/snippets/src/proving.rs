//! Code that `references/proving.md` shows.

#[pyo3::pymodule]
pub mod proving {}
