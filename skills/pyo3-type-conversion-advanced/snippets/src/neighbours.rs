//! Code that `references/neighbours.md` shows.

#[pyo3::pymodule]
pub mod neighbours {}
