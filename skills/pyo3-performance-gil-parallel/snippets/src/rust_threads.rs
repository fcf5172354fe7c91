//! The chapter `rust-threads`.

#[pyo3::pymodule]
pub mod rust_threads {}
