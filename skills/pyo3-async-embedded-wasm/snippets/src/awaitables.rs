#[pyo3::pymodule]
pub mod awaitables {}
