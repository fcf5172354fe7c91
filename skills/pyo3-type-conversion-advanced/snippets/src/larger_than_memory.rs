//! Code that `references/larger-than-memory.md` shows.

#[pyo3::pymodule]
pub mod larger_than_memory {}
