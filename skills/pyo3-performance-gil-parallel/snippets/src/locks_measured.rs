//! What a lock costs, for `measure_locks.py`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, RwLock};
use std::time::Instant;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::sync::{MutexExt, PyOnceLock};

use crate::scaling::time_threads;

#[pyclass]
struct Tally {
    count: u64,
}

/// Return the nanoseconds that a thread needs to add one under a lock of some kind.
#[pyfunction]
#[pyo3(signature = (kind, threads, rounds))]
pub fn nanoseconds(py: Python<'_>, kind: &str, threads: usize, rounds: u64) -> PyResult<f64> {
    if let Some(time) = attached(py, kind, rounds)? {
        return Ok(time);
    }
    py.detach(|| detached(kind, threads, rounds))
        .ok_or_else(|| PyValueError::new_err(format!("no lock is called {kind}")))
}

fn detached(kind: &str, threads: usize, rounds: u64) -> Option<f64> {
    let counter = AtomicU64::new(0);
    let mutex = Mutex::new(0_u64);
    let parked = parking_lot::Mutex::new(0_u64);
    let shared = RwLock::new(0_u64);
    let parked_shared = parking_lot::RwLock::new(0_u64);
    let once = OnceLock::from(1_u64);
    Some(match kind {
        "atomic" => time_threads(threads, rounds, |_, _| {
            counter.fetch_add(1, Ordering::Relaxed);
        }),
        "Mutex" => time_threads(threads, rounds, |_, _| *mutex.lock().unwrap() += 1),
        "parking_lot::Mutex" => time_threads(threads, rounds, |_, _| *parked.lock() += 1),
        "RwLock, write" => time_threads(threads, rounds, |_, _| *shared.write().unwrap() += 1),
        "RwLock, read" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(*shared.read().unwrap());
        }),
        "parking_lot::RwLock, read" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(*parked_shared.read());
        }),
        "OnceLock, get" => time_threads(threads, rounds, |_, _| {
            std::hint::black_box(once.get());
        }),
        _ => return None,
    })
}

fn attached(py: Python<'_>, kind: &str, rounds: u64) -> PyResult<Option<f64>> {
    let mutex = Mutex::new(0_u64);
    let once = PyOnceLock::new();
    let _ = once.set(py, 1_u64);
    let tally = Bound::new(py, Tally { count: 0 })?;
    let start = Instant::now();
    match kind {
        "Mutex, lock_py_attached" => {
            (0..rounds).for_each(|_| *mutex.lock_py_attached(py).unwrap() += 1);
        }
        "PyOnceLock, get" => (0..rounds).for_each(|_| {
            std::hint::black_box(once.get(py));
        }),
        "borrow_mut of a class" => (0..rounds).for_each(|_| tally.borrow_mut().count += 1),
        "critical section" => (0..rounds).for_each(|_| {
            with_critical_section(tally.as_any(), || {
                std::hint::black_box(&tally);
            });
        }),
        _ => return Ok(None),
    }
    Ok(Some(start.elapsed().as_nanos() as f64 / rounds as f64))
}
