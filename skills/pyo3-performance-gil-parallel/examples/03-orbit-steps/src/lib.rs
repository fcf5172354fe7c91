//! Bodies that attract each other: steps of leapfrog integration, on all cores, in the lanes of vector instructions.

pub mod gravity;
mod python;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::python::{accelerate, advance};
}
