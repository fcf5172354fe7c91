//! Code that `references/atomics.md` shows.
//!
//! An atomic is not `Clone`, since a copy would count for itself:
//!
//! ```compile_fail,E0599
//! use std::sync::atomic::AtomicU64;
//!
//! fn split(counter: &AtomicU64) -> AtomicU64 {
//!     counter.clone()
//! }
//! ```

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use crossbeam_utils::CachePadded;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rayon::prelude::*;

#[path = "atomics_measured.rs"]
mod measured;

/// Places on a ferry, sold by many threads.
#[pyclass(frozen)]
struct Ferry {
    free: AtomicU64,
    refused: AtomicU64,
}

#[pymethods]
impl Ferry {
    #[new]
    fn new(places: u64) -> Self {
        Self {
            free: AtomicU64::new(places),
            refused: AtomicU64::new(0),
        }
    }

    #[allow(deprecated, reason = "`try_update`, its other name, needs Rust 1.95")]
    // region: ferry
    /// Sell places for a group: all of them, or none.
    fn sell(&self, group: u64) -> bool {
        // Compares and subtracts in one step; tries again if another thread was in between.
        let sold = self
            .free
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
                free.checked_sub(group)
            });
        if sold.is_err() {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        sold.is_ok()
    }
    // endregion: ferry

    #[getter]
    fn free(&self) -> u64 {
        self.free.load(Ordering::Relaxed)
    }

    #[getter]
    fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

/// Count to `threads * rounds` by loading and storing: some of it is lost.
#[pyfunction]
fn count_in_two_steps(py: Python<'_>, threads: usize, rounds: u64) -> u64 {
    let counter = AtomicU64::new(0);
    py.detach(|| {
        crate::scaling::time_threads(threads, rounds, |_, _| {
            let count = counter.load(Ordering::SeqCst);
            counter.store(count + 1, Ordering::SeqCst);
        });
    });
    counter.into_inner()
}

// region: sharded
/// A counter for threads that add without waiting for each other.
struct Sharded {
    shards: Box<[CachePadded<AtomicU64>]>,
}

/// The number of the next thread that counts.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static THREAD: usize = THREADS.fetch_add(1, Ordering::Relaxed);
}

impl Sharded {
    fn new(shards: usize) -> Self {
        let shards = (0..shards.next_power_of_two()).map(|_| CachePadded::default());
        Self {
            shards: shards.collect(),
        }
    }

    fn add(&self, amount: u64) {
        let shard = THREAD.with(|thread| thread & (self.shards.len() - 1));
        self.shards[shard].fetch_add(amount, Ordering::Relaxed);
    }

    /// Adds up the shards, while threads may go on counting.
    fn sum(&self) -> u64 {
        let counts = self
            .shards
            .iter()
            .map(|count| count.load(Ordering::Relaxed));
        counts.sum()
    }
}
// endregion: sharded

/// Visitors through all turnstiles.
#[pyclass(frozen)]
struct Visitors {
    count: Sharded,
}

#[pymethods]
impl Visitors {
    #[new]
    fn new() -> Self {
        Self {
            count: Sharded::new(8),
        }
    }

    fn enter(&self, py: Python<'_>, groups: Vec<u64>) {
        py.detach(|| groups.par_iter().for_each(|group| self.count.add(*group)));
    }

    #[getter]
    fn count(&self) -> u64 {
        self.count.sum()
    }
}

/// Count the visits of each country, in threads that share nothing until they are done.
#[pyfunction]
fn visits(py: Python<'_>, countries: Vec<PyBackedStr>) -> HashMap<String, u64> {
    py.detach(|| {
        countries
            .par_iter()
            .with_min_len(1_000)
            .fold(HashMap::new, |mut counts, country| {
                *counts.entry(country.as_ref()).or_insert(0) += 1;
                counts
            })
            .reduce(HashMap::new, |mut counts: HashMap<&str, u64>, part| {
                part.into_iter()
                    .for_each(|(country, count)| *counts.entry(country).or_insert(0) += count);
                counts
            })
            .into_iter()
            .map(|(country, count)| (country.to_owned(), count))
            .collect()
    })
}

// region: tariff
/// What a crossing costs.
#[derive(Clone)]
struct Tariff {
    adult: u64,
    child: u64,
}

/// A till that many threads ask, and an office that sometimes changes its tariff.
#[pyclass(frozen)]
struct Till {
    tariff: ArcSwap<Tariff>,
}

#[pymethods]
impl Till {
    /// Compute the price for a family.
    fn price(&self, adults: u64, children: u64) -> u64 {
        let tariff = self.tariff.load(); // one tariff for both: no mixture of old and new
        adults * tariff.adult + children * tariff.child
    }

    /// Raise both prices by an amount.
    fn raise_by(&self, amount: u64) {
        // Makes a new tariff from the newest; does so again if another thread was faster.
        self.tariff.rcu(|tariff| Tariff {
            adult: tariff.adult + amount,
            child: tariff.child + amount,
        });
    }
    // endregion: tariff

    #[new]
    fn new(adult: u64, child: u64) -> Self {
        Self {
            tariff: ArcSwap::from_pointee(Tariff { adult, child }),
        }
    }

    /// Raise both prices in two steps: what others raise in between is lost.
    fn raise_in_two_steps(&self, amount: u64, pause: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut tariff = Tariff::clone(&self.tariff.load());
        pause.call0()?;
        tariff.adult += amount;
        tariff.child += amount;
        self.tariff.store(Arc::new(tariff));
        Ok(())
    }
}

// region: publish
/// A timetable that one thread writes, and others read once it is there.
#[derive(Default)]
struct Notice {
    departure: AtomicU64,
    posted: AtomicBool,
}

impl Notice {
    fn post(&self, departure: u64) {
        self.departure.store(departure, Ordering::Relaxed);
        // All that was written above is seen by whoever loads this with `Acquire`.
        self.posted.store(true, Ordering::Release);
    }

    fn read(&self) -> Option<u64> {
        let posted = self.posted.load(Ordering::Acquire);
        posted.then(|| self.departure.load(Ordering::Relaxed))
    }
}
// endregion: publish

/// Post a notice in one thread and read it in another, many times; return how often it was read wrongly.
#[pyfunction]
fn misread(py: Python<'_>, rounds: u64) -> u64 {
    py.detach(|| {
        let wrong = AtomicU64::new(0);
        for round in 1..=rounds {
            let notice = Notice::default();
            std::thread::scope(|scope| {
                scope.spawn(|| notice.post(round));
                let departure = loop {
                    if let Some(departure) = notice.read() {
                        break departure;
                    }
                    std::hint::spin_loop();
                };
                wrong.fetch_add(u64::from(departure != round), Ordering::Relaxed);
            });
        }
        wrong.into_inner()
    })
}

/// Adds to a number with a fraction, for which there is no atomic: its bits are in one.
#[allow(deprecated, reason = "`try_update`, its other name, needs Rust 1.95")]
fn add_to(total: &AtomicU64, amount: f64) {
    let _ = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
        Some((f64::from_bits(bits) + amount).to_bits())
    });
}

/// Add up the takings of a day in several threads.
#[pyfunction]
fn takings(py: Python<'_>, amounts: Vec<f64>) -> f64 {
    let total = AtomicU64::new(0.0_f64.to_bits());
    py.detach(|| {
        amounts
            .par_iter()
            .for_each(|amount| add_to(&total, *amount))
    });
    f64::from_bits(total.into_inner())
}

/// A class with a field that asks for more alignment than Python's allocator gives.
#[pyclass(frozen)]
struct Gate {
    passed: CachePadded<AtomicU64>,
}

#[pymethods]
impl Gate {
    #[new]
    fn new() -> Self {
        Self {
            passed: CachePadded::new(AtomicU64::new(0)),
        }
    }

    fn pass_one(&self) -> u64 {
        self.passed.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Return the bytes of a counter, and of one that is padded.
#[pyfunction]
fn sizes() -> (usize, usize) {
    (size_of::<AtomicU64>(), size_of::<CachePadded<AtomicU64>>())
}

/// Count in a cell of each thread, and return what another thread sees of it.
#[pyfunction]
fn seen_elsewhere(py: Python<'_>) -> (u64, u64) {
    thread_local! {
        static COUNT: Cell<u64> = const { Cell::new(0) };
    }
    COUNT.set(COUNT.get() + 1);
    let elsewhere = py.detach(|| std::thread::scope(|scope| scope.spawn(|| COUNT.get()).join()));
    (COUNT.get(), elsewhere.unwrap_or(u64::MAX))
}

#[pyfunction]
fn checked_shards(shards: usize) -> PyResult<usize> {
    if shards == 0 {
        return Err(PyValueError::new_err("at least one shard is needed"));
    }
    Ok(Sharded::new(shards).shards.len())
}

#[pyo3::pymodule]
pub mod atomics {
    #[pymodule_export]
    use super::measured::nanoseconds;
    #[pymodule_export]
    use super::{
        Ferry, Gate, Till, Visitors, checked_shards, count_in_two_steps, misread, seen_elsewhere,
        sizes, takings, visits,
    };
}
