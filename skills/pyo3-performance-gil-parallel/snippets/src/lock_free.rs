//! The chapter `lock-free`.

#[pyo3::pymodule]
pub mod lock_free {}
