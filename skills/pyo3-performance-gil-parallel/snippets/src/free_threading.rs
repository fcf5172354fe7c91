//! The chapter `free-threading`.

#[pyo3::pymodule]
pub mod free_threading {}
