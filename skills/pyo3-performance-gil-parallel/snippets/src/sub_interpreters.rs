//! The chapter `sub-interpreters`.

#[pyo3::pymodule]
pub mod sub_interpreters {}
