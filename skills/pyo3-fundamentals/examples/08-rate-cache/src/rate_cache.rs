//! The layer for Python: one lock, and no Python code under it.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{PyTraverseError, PyVisit};

use crate::entries::{Counts, Entries};

/// How often a cache had what it was asked for.
///
/// Attributes:
///     hits: Requests that were answered from the cache.
///     misses: Requests that were not.
///     evicted: Rates that made room for others.
///     expired: Rates that were asked for and found too old.
#[pyclass(frozen, eq, hash, get_all, module = "rate_cache")]
#[derive(PartialEq, Eq, Hash)]
pub struct Statistics {
    hits: u64,
    misses: u64,
    evicted: u64,
    expired: u64,
}

#[pymethods]
impl Statistics {
    fn __repr__(&self) -> String {
        let Self {
            hits,
            misses,
            evicted,
            expired,
        } = self;
        format!("Statistics(hits={hits}, misses={misses}, evicted={evicted}, expired={expired})")
    }
}

// region: class
/// A cache of rates by name, safe to share between threads.
///
/// A rate is kept for `lifetime` seconds. Where there are more than `capacity`, the least recently used makes room.
///
/// Args:
///     capacity: The largest number of rates.
///     lifetime: For how many seconds a rate may be used.
///
/// Raises:
///     ValueError: If the capacity is 0, or the lifetime is not a positive number of seconds.
#[pyclass(frozen, generic, module = "rate_cache")]
pub struct RateCache {
    entries: Mutex<Entries<Py<PyAny>>>,
    capacity: NonZeroUsize,
    lifetime: Duration,
}
// endregion: class

impl RateCache {
    fn with(capacity: usize, lifetime: f64) -> PyResult<Self> {
        let capacity = NonZeroUsize::new(capacity)
            .ok_or_else(|| PyValueError::new_err("`capacity` must be at least 1"))?;
        let lifetime = Duration::try_from_secs_f64(lifetime)
            .ok()
            .filter(|lifetime| !lifetime.is_zero())
            .ok_or_else(|| {
                PyValueError::new_err(format!(
                    "`lifetime` must be a positive number of seconds, found {lifetime}"
                ))
            })?;
        Ok(Self {
            entries: Mutex::new(Entries::new(capacity, lifetime)),
            capacity,
            lifetime,
        })
    }

    // region: locked
    /// Runs plain Rust under the lock.
    ///
    /// `work` must not run Python code, and that includes dropping an object, which may run its `__del__`. So whoever has
    /// the lock needs nothing else to go on; and as only attached threads take it, it is free when the garbage collector
    /// runs.
    fn locked<T>(&self, _py: Python<'_>, work: impl FnOnce(&mut Entries<Py<PyAny>>) -> T) -> T {
        let entries = self.entries.lock();
        work(&mut entries.unwrap_or_else(PoisonError::into_inner))
    }
    // endregion: locked
}

#[pymethods]
impl RateCache {
    #[new]
    #[pyo3(signature = (capacity = 128, *, lifetime = 60.0))]
    fn new(capacity: usize, lifetime: f64) -> PyResult<Self> {
        Self::with(capacity, lifetime)
    }

    /// Return a rate, or None if there is none that is fresh.
    fn get(&self, py: Python<'_>, key: &str) -> Option<Py<PyAny>> {
        // The old value is dropped here, after the lock.
        let (found, _old) = self.locked(py, |entries| {
            entries.get(key, Instant::now(), |value| value.clone_ref(py))
        });
        found
    }

    /// Store a rate.
    fn put(&self, py: Python<'_>, key: String, rate: Py<PyAny>) {
        let _out = self.locked(py, |entries| entries.put(key, rate, Instant::now()));
    }

    // region: compute
    /// Return a rate; if there is none that is fresh, compute and store it.
    ///
    /// Threads that ask for the same rate at the same time may all compute it. The one stored last stays.
    ///
    /// Args:
    ///     key: The rate's name, such as `EUR/USD`.
    ///     compute: Called with the name. It may use the cache.
    ///
    /// Returns:
    ///     The rate.
    ///
    /// Raises:
    ///     Exception: Whatever `compute` raises, unchanged; nothing is stored then.
    #[pyo3(signature = (key, compute))]
    fn get_or_compute(
        &self,
        py: Python<'_>,
        key: String,
        compute: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        if let Some(found) = self.get(py, &key) {
            return Ok(found);
        }
        // Not under the lock: this is Python code.
        let rate = compute.call1((&key,))?.unbind();
        self.put(py, key, rate.clone_ref(py));
        Ok(rate)
    }
    // endregion: compute

    /// Forget all rates. The statistics stay.
    fn clear(&self, py: Python<'_>) {
        let _out = self.locked(py, Entries::clear);
    }

    /// How often the cache had what it was asked for.
    #[getter]
    fn statistics(&self, py: Python<'_>) -> Statistics {
        let Counts {
            hits,
            misses,
            evicted,
            expired,
        } = self.locked(py, |entries| entries.counts());
        Statistics {
            hits,
            misses,
            evicted,
            expired,
        }
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.locked(py, |entries| entries.len(Instant::now()))
    }

    fn __contains__(&self, py: Python<'_>, key: &str) -> bool {
        self.locked(py, |entries| entries.contains(key, Instant::now()))
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (length, capacity, lifetime) =
            (self.__len__(py), self.capacity, self.lifetime.as_secs_f64());
        format!("<RateCache: {length} of {capacity} rates, each for {lifetime} s>")
    }

    // region: collect
    /// Shows the garbage collector what the cache refers to.
    ///
    /// It must not wait or attach. The collector asks more than once, and has to see the same each time: of an object that
    /// it sees only at first, weak references die while it is in use.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let entries = match self.entries.try_lock() {
            Ok(entries) => entries,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        entries.values().try_for_each(|value| visit.call(value))
    }

    /// Breaks the circle that the garbage collector has found.
    fn __clear__(&self, py: Python<'_>) {
        self.clear(py);
    }
    // endregion: collect
}

// region: module-state
static DEFAULT: PyOnceLock<Py<RateCache>> = PyOnceLock::new();

/// Return the cache that the whole process shares; it is made when it is first asked for.
#[pyfunction]
pub fn default_cache(py: Python<'_>) -> PyResult<Py<RateCache>> {
    let cache = DEFAULT.get_or_try_init(py, || Py::new(py, RateCache::with(1024, 60.0)?))?;
    Ok(cache.clone_ref(py))
}
// endregion: module-state
