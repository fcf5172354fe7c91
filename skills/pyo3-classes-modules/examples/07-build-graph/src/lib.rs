//! Build tasks in a graph: the order in which they run, and the Python objects that they hold.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub mod edges;
pub mod errors;
pub mod graph;

/// Takes a lock for as long as plain Rust needs it. No Python code runs under a lock, and no object is dropped.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::graph::{Graph, Task};
}
