#[pyo3::pymodule]
pub mod which_async {}
