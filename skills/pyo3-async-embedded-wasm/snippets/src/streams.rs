#[pyo3::pymodule]
pub mod streams {}
