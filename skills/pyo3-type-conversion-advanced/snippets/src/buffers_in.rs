//! Code that `references/buffers-in.md` shows.

#[pyo3::pymodule]
pub mod buffers_in {}
