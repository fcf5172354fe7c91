//! The chapter `allocators`.

#[pyo3::pymodule]
pub mod allocators {}
