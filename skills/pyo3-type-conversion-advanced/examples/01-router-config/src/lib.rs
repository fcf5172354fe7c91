//! The configuration of an HTTP router: tables of Python as Rust types, their meaning checked, and requests matched.

pub mod check;
mod errors;
pub mod model;
mod router;
mod table;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::router::Router;
}
