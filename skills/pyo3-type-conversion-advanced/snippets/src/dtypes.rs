//! Code that `references/dtypes.md` shows.

#[pyo3::pymodule]
pub mod dtypes {}
