//! Code shown in `references/hot-reload.md`.

#[pyo3::pymodule]
pub mod hot_reload {}
