#[pyo3::pymodule]
pub mod testing_async {}
