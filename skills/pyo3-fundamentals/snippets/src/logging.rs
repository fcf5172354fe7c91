//! Code shown in `references/logging.md`.

#[pyo3::pymodule]
pub mod logging {}
