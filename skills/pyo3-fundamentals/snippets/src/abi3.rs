//! Code shown in `references/abi3.md`.

#[pyo3::pymodule]
pub mod abi3 {}
