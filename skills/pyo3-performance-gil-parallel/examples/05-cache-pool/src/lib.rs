//! A client of memcached's text protocol, whose connections many threads share.

mod client;
pub mod connection;
pub mod pool;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::client::{CacheError, Client};
}
