//! Code shown in `references/hot-reload.md`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

static CALLS: AtomicU64 = AtomicU64::new(0);

/// Count the calls, in a static.
#[pyfunction]
fn count_call() -> u64 {
    CALLS.fetch_add(1, Ordering::Relaxed) + 1
}

// region: state
/// Votes. What a new generation takes over is plain data.
#[pyclass(frozen, module = "classes_snippets.generations")]
struct Votes(Mutex<BTreeMap<String, u64>>);

#[pymethods]
impl Votes {
    #[new]
    fn new(counts: BTreeMap<String, u64>) -> Self {
        Self(Mutex::new(counts))
    }

    fn add(&self, name: String) {
        *self.counts().entry(name).or_default() += 1;
    }

    fn data(&self) -> BTreeMap<String, u64> {
        self.counts().clone()
    }
}
// endregion: state

impl Votes {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pyo3::pymodule]
pub mod hot_reload {
    #[pymodule_export]
    use super::{Votes, count_call};
}
