//! The chapter `pools`.

#[pyo3::pymodule]
pub mod pools {}
