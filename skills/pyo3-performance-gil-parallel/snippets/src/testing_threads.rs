//! The chapter `testing-threads`.

#[pyo3::pymodule]
pub mod testing_threads {}
