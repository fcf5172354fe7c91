//! A library that counts words, to be built with several profiles and allocators.

mod allocator;
mod counting;
mod route;

use pyo3::prelude::*;

#[pymodule]
mod word_counts {
    use super::*;

    #[pymodule_export]
    const ALLOCATOR: &str = allocator::NAME;

    #[pymodule_export]
    use super::counting::Counter;

    #[pymodule_export]
    use super::route::Route;

    #[pymodule_export]
    use super::allocator::{allocations, churn};

    /// Do nothing: what a call costs.
    #[pyfunction]
    fn nothing() {}
}
