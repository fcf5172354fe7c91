#[pyo3::pymodule]
pub mod event_loops {}
