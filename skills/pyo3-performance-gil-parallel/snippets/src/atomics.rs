//! The chapter `atomics`.

#[pyo3::pymodule]
pub mod atomics {}
