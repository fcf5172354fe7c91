#[pyo3::pymodule]
pub mod cancellation {}
