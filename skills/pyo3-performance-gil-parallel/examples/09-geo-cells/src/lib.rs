//! Cells of the earth (geohash) as a module of pyo3-ffi, which sub-interpreters with a GIL of their own import.

mod calls;
pub mod cells;
mod module;
