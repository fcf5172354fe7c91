//! The chapter `locks`.

#[pyo3::pymodule]
pub mod locks {}
