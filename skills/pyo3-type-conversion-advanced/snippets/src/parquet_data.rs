//! Code that `references/parquet.md` shows.

#[pyo3::pymodule]
pub mod parquet_data {}
