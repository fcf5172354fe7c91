//! Code shown in `references/project-anatomy.md`.

#[pyo3::pymodule]
pub mod project_anatomy {}
