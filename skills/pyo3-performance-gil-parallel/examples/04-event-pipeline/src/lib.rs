//! Anonymise compressed event files: a pipeline of threads, with bounded memory, in which the order is kept.

pub mod event;
pub mod pipeline;
mod python;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::python::{Summary, anonymise_file};
}
