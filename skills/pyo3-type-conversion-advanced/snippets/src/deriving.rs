//! Code that `references/deriving.md` shows.

#[pyo3::pymodule]
pub mod deriving {}
