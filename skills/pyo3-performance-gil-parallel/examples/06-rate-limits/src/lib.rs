//! Token buckets of many clients, shared by threads without one lock for all.

pub mod bucket;
pub mod errors;
mod limiter;
pub mod shards;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::limiter::{Limiter, Stats};
}
