//! Columns of numbers in a mapped file, shared with Python without a copy.

pub mod column;
pub mod errors;
pub mod layout;
pub mod mapping;
pub mod search;
pub mod store;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::column::Column;
    #[pymodule_export]
    use crate::store::{Store, write_store};
}
