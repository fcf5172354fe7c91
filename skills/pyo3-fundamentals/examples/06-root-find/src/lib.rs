//! Find the root of a function that is written in Python.

pub mod callback;
pub mod search;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::callback::{Root, difference, find_root};
}
