#[pyo3::pymodule]
pub mod coroutines {}
