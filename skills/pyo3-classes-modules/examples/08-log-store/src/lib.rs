//! A store of keys and values in a log file, with transactions.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub mod errors;
pub mod log;
pub mod record;
pub mod store;
pub mod transaction;

/// Takes a lock for as long as plain Rust needs it. No Python code runs under a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::store::Store;
    #[pymodule_export]
    use crate::transaction::Transaction;
}
