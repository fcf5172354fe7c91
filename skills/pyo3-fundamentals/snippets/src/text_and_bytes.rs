//! Code shown in `references/text-and-bytes.md`.

#[pyo3::pymodule]
pub mod text_and_bytes {}
