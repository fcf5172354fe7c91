//! What was in effect at a time: a mapping that is sorted by its keys.

use std::sync::{Mutex, MutexGuard, PoisonError};

mod map;
pub mod store;
mod views;

/// Takes a lock, for plain Rust only: no comparison, no call and no drop of an object, which all may run Python code.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::map::AsOfMap;
    #[pymodule_export]
    use crate::views::{Entries, Items, Keys, Values};
}
