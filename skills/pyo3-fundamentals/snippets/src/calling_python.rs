//! Code shown in `references/calling-python.md`.

#[pyo3::pymodule]
pub mod calling_python {}
