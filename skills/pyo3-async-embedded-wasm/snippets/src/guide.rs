#[pyo3::pymodule]
pub mod guide {}
