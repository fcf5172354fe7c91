//! Code that `references/writing.md` shows.

#[pyo3::pymodule]
pub mod writing {}
