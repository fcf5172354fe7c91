//! Code shown in `references/garbage-collection.md`.

#[pyo3::pymodule]
pub mod garbage_collection {}
