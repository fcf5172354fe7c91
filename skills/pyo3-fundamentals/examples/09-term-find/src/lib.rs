//! Find thousands of terms in a text at once: the crate aho-corasick as a Python package.

mod python;
pub mod search;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::python::{Match, Matches, Terms};
}
