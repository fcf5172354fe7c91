//! Search a folder of log files for a pattern, on all cores, with progress and Ctrl-C.

pub mod files;
mod python;
pub mod search;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::python::{Match, Report, search_logs};
}
