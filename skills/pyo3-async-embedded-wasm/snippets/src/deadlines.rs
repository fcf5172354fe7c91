#[pyo3::pymodule]
pub mod deadlines {}
