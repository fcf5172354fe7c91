//! A cache of exchange rates that Python threads share.

pub mod entries;
pub mod rate_cache;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::rate_cache::{RateCache, Statistics, default_cache};
}
