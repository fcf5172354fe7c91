//! The chapter `paying-back`.

#[pyo3::pymodule]
pub mod paying_back {}
