//! A crawler that checks links: one Rust future, which Python awaits and cancels.

pub mod crawl;
pub mod errors;
pub mod fetch;
pub mod links;
mod python;
pub mod robots;
mod runtime;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod tls;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::crawl::Page;
    #[pymodule_export]
    use crate::python::{crawl, waiting};
    #[pymodule_export]
    use crate::runtime::running;
}
