//! Code that `references/testing-threads.md` tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

/// Berths of a harbour; planted faults are in those methods that a comment calls wrong.
#[pyclass(frozen)]
struct Harbour {
    berths: usize,
    boats: Mutex<Vec<String>>,
    visits: AtomicU64,
}

#[pymethods]
impl Harbour {
    #[new]
    fn new(berths: usize) -> Self {
        Self {
            berths,
            boats: Mutex::new(Vec::new()),
            visits: AtomicU64::new(0),
        }
    }

    // region: moor
    /// Moor a boat if a berth is free: wrong, as the check and the change are two locks.
    fn moor_in_two_steps(&self, py: Python<'_>, boat: String) -> bool {
        if self.__len__() >= self.berths {
            return false;
        }
        py.detach(write_log);
        self.boats().push(boat);
        true
    }

    /// Moor a boat if a berth is free.
    fn moor(&self, py: Python<'_>, boat: String) -> bool {
        let moored = {
            let mut boats = self.boats();
            let free = boats.len() < self.berths;
            if free {
                boats.push(boat);
            }
            free
        };
        py.detach(write_log);
        moored
    }
    // endregion: moor

    /// Moor a boat if a berth is free, and call something between the check and the change: wrong.
    fn moor_with_pause(&self, boat: String, pause: &Bound<'_, PyAny>) -> PyResult<bool> {
        if self.__len__() >= self.berths {
            return Ok(false);
        }
        pause.call0()?;
        self.boats().push(boat);
        Ok(true)
    }

    /// Count a visit by loading and storing: wrong, and never seen with a GIL.
    fn visit_in_two_steps(&self) {
        let visits = self.visits.load(Ordering::SeqCst);
        self.visits.store(visits + 1, Ordering::SeqCst);
    }

    #[getter]
    fn visits(&self) -> u64 {
        self.visits.load(Ordering::SeqCst)
    }

    fn __len__(&self) -> usize {
        self.boats().len()
    }
}

impl Harbour {
    fn boats(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.boats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes to a log, which takes a moment.
fn write_log() {
    thread::sleep(Duration::from_micros(200));
}

/// A boat whose method changes it, and detaches meanwhile.
#[pyclass]
#[derive(Default)]
struct Boat {
    miles: f64,
}

#[pymethods]
impl Boat {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn sail(&mut self, py: Python<'_>, miles: f64) {
        py.detach(write_log);
        self.miles += miles;
    }

    #[getter]
    fn miles(&self) -> f64 {
        self.miles
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn threads_of_rust_moor_no_more_than_fit() {
        let harbour = Harbour::new(10);
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    (0..100).for_each(|_| {
                        let mut boats = harbour.boats();
                        if boats.len() < harbour.berths {
                            boats.push("Swift".to_owned());
                        }
                    });
                });
            }
        });
        assert_eq!(harbour.boats().len(), 10);
    }
}

#[pyo3::pymodule]
pub mod testing_threads {
    #[pymodule_export]
    use super::{Boat, Harbour};
}
