//! The chapter `allocators`: its code is in `word-counts`, as a library has one allocator only.

#[pyo3::pymodule]
pub mod allocators {}
