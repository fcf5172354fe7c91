//! Code that `references/in-place.md` shows.

#[pyo3::pymodule]
pub mod in_place {}
