#[pyo3::pymodule]
pub mod exits {}
