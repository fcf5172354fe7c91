//! Code shown in `references/free-threading.md`.

#[pyo3::pymodule]
pub mod free_threading {}
