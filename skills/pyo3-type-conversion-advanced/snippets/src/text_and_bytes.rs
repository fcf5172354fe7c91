//! Code that `references/text-and-bytes.md` shows.

#[pyo3::pymodule]
pub mod text_and_bytes {}
