//! What was in effect at a time: a mapping that is sorted by its keys.

mod map;
pub mod store;
mod views;

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::map::AsOfMap;
    #[pymodule_export]
    use crate::views::{Entries, Items, Keys, Values};
}
