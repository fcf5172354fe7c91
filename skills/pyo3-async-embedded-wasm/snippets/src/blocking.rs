#[pyo3::pymodule]
pub mod blocking {}
