//! Code shown in `references/module-tree.md`.

#[pyo3::pymodule]
pub mod module_tree {}
