//! Clean scanned pages in place: specks and contrast.

pub mod errors;
pub mod filters;
mod functions;
mod image;
pub mod pixel;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::functions::{despeckle, stretch};
}
