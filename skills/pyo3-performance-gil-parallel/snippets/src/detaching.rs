//! The chapter `detaching`.

#[pyo3::pymodule]
pub mod detaching {}
