//! Code that `references/buffers-out.md` shows.

#[pyo3::pymodule]
pub mod buffers_out {}
