//! Code that `references/borrowing-arrays.md` shows.

#[pyo3::pymodule]
pub mod borrowing_arrays {}
