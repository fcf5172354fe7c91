//! Code that `references/lock-free.md` shows.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_queue::{ArrayQueue, SegQueue};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyList;
use rayon::prelude::*;

#[path = "lock_free_measured.rs"]
mod measured;

// region: samples
/// The latest readings of a sensor that reports faster than anybody reads: what doesn't fit is counted, and gone.
#[pyclass(frozen)]
struct Samples {
    // Boxed: a queue wants more alignment than Python's allocator gives.
    queue: Box<ArrayQueue<f64>>,
    dropped: AtomicU64,
}

#[pymethods]
impl Samples {
    /// Add a sample. Never waits: a thread that measures must not be held up.
    fn push(&self, sample: f64) {
        if self.queue.push(sample).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Take all samples that are there, at most as many as fit.
    fn drain(&self) -> Vec<f64> {
        // Without the bound, a fast thread that pushes would keep this going for ever.
        let samples = std::iter::from_fn(|| self.queue.pop());
        samples.take(self.queue.capacity()).collect()
    }
    // endregion: samples

    #[new]
    fn new(capacity: usize) -> PyResult<Self> {
        if capacity == 0 {
            return Err(PyValueError::new_err("at least one sample must fit"));
        }
        Ok(Self {
            queue: Box::new(ArrayQueue::new(capacity)),
            dropped: AtomicU64::new(0),
        })
    }

    /// Add a sample in place of the oldest.
    fn push_newest(&self, sample: f64) {
        if self.queue.force_push(sample).is_some() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[getter]
    fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn __len__(&self) -> usize {
        self.queue.len()
    }
}

/// A queue that grows, inside of a class without a box.
#[pyclass(frozen)]
struct Unboxed {
    queue: SegQueue<u64>,
}

#[pymethods]
impl Unboxed {
    #[new]
    fn new() -> Self {
        Self {
            queue: SegQueue::new(),
        }
    }

    fn push(&self, number: u64) -> usize {
        self.queue.push(number);
        self.queue.len()
    }
}

// region: sightings
/// How often each species was seen, by many observers at once.
#[pyclass(frozen)]
#[derive(Default)]
struct Sightings {
    counts: DashMap<String, u64>,
}

#[pymethods]
impl Sightings {
    /// Count the birds of a list.
    fn add(&self, py: Python<'_>, species: Vec<PyBackedStr>) {
        // Another thread may hold a part of the map for long: never wait for it attached.
        py.detach(|| {
            for name in &species {
                // By `&str` first: `entry` takes a `String`, even for a name that is there.
                if let Some(mut count) = self.counts.get_mut::<str>(name) {
                    *count += 1;
                    continue;
                }
                // Not there a moment ago; `entry` looks again, with its part locked.
                *self.counts.entry(name.to_string()).or_insert(0) += 1;
            }
        });
    }

    /// Return what was counted, in no order, without the counts that change meanwhile.
    fn counts(&self, py: Python<'_>) -> HashMap<String, u64> {
        py.detach(|| {
            let entries = self.counts.iter();
            entries.map(|entry| (entry.key().clone(), *entry)).collect()
        })
    }
    // endregion: sightings

    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Hold an entry, and ask for the same one in some way.
    fn hold_and(&self, py: Python<'_>, way: &str) -> PyResult<u64> {
        py.detach(|| {
            let held = self.counts.get("wren");
            let result = match way {
                "get" => self.counts.get("wren").map(|count| *count),
                "insert" => self.counts.insert("wren".to_owned(), 7),
                "insert others" => {
                    for number in 0..1_000 {
                        self.counts.insert(number.to_string(), 1);
                    }
                    None
                }
                "len" => u64::try_from(self.counts.len()).ok(),
                "get_mut" => self.counts.get_mut("wren").map(|count| *count),
                "try_get_mut" => self
                    .counts
                    .try_get_mut("wren")
                    .try_unwrap()
                    .map(|count| *count),
                _ => return Err(PyValueError::new_err(format!("no way is called {way}"))),
            };
            drop(held);
            Ok(result.unwrap_or(0))
        })
    }

    /// Iterate, and remove what is met.
    fn remove_while_iterating(&self, py: Python<'_>) {
        py.detach(|| {
            for entry in &self.counts {
                self.counts.remove(entry.key());
            }
        });
    }

    /// Forget what was seen less often than so many times.
    fn forget_rare(&self, py: Python<'_>, times: u64) {
        py.detach(|| self.counts.retain(|_, count| *count >= times));
    }

    /// Call a callable for each entry, attached, with its part of the map locked.
    fn each_locked(&self, action: &Bound<'_, PyAny>) -> PyResult<()> {
        for entry in &self.counts {
            action.call1((entry.key(),))?;
        }
        Ok(())
    }

    /// Count a bird, waiting attached: wrong.
    fn add_attached(&self, species: String) {
        *self.counts.entry(species).or_insert(0) += 1;
    }

    /// Return how often a species was seen, waiting attached.
    fn count_attached(&self, species: &str) -> u64 {
        self.counts.get(species).map_or(0, |count| *count)
    }
}

/// Descriptions that are dear to make: one thread makes each, the others wait for it.
#[pyclass(frozen)]
#[derive(Default)]
struct Descriptions {
    texts: DashMap<String, String>,
    made: AtomicU64,
}

#[pymethods]
impl Descriptions {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn get(&self, py: Python<'_>, species: &str) -> String {
        py.detach(|| match self.texts.entry(species.to_owned()) {
            Entry::Occupied(text) => text.get().clone(),
            // Others that want a species in the same part of the map wait as long as this takes.
            Entry::Vacant(place) => place.insert(self.describe(species)).clone(),
        })
    }

    #[getter]
    fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }
}

impl Descriptions {
    fn describe(&self, species: &str) -> String {
        thread::sleep(Duration::from_millis(20));
        self.made.fetch_add(1, Ordering::Relaxed);
        format!("{species}, {} letters", species.len())
    }
}

/// Locks, also after a panic in another thread, which the caller hears of by itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// region: batches
/// Take readings in many threads, under one lock: once a batch, not once a reading.
#[pyfunction]
fn collect_batches(py: Python<'_>, readings: Vec<f64>) -> Vec<f64> {
    let kept = Mutex::new(Vec::with_capacity(readings.len()));
    py.detach(|| {
        readings.par_chunks(4_096).for_each(|chunk| {
            let batch: Vec<f64> = chunk.iter().copied().filter(|value| *value > 0.0).collect();
            lock(&kept).extend(batch);
        });
    });
    mem::take(&mut *lock(&kept))
}
// endregion: batches

/// Push from several threads and pop in one; say whether each thread's numbers came in its order.
#[pyfunction]
fn keeps_order(py: Python<'_>, threads: u64, rounds: u64) -> bool {
    let queue = SegQueue::new();
    py.detach(|| {
        thread::scope(|scope| {
            for thread in 0..threads {
                let queue = &queue;
                scope.spawn(move || (0..rounds).for_each(|round| queue.push((thread, round))));
            }
            let mut next = vec![0; threads as usize];
            let mut left = threads * rounds;
            while left > 0 {
                let Some((thread, round)) = queue.pop() else {
                    std::hint::spin_loop();
                    continue;
                };
                if next[thread as usize] != round {
                    return false;
                }
                next[thread as usize] += 1;
                left -= 1;
            }
            true
        })
    })
}

/// Objects of Python in a queue: who pops one drops it.
#[pyfunction]
fn through_queue<'py>(py: Python<'py>, objects: Vec<Py<PyAny>>) -> PyResult<Bound<'py, PyList>> {
    let queue = SegQueue::new();
    objects.into_iter().for_each(|object| queue.push(object));
    let popped: VecDeque<Py<PyAny>> = std::iter::from_fn(|| queue.pop()).collect();
    PyList::new(py, popped)
}

#[pyo3::pymodule]
pub mod lock_free {
    #[pymodule_export]
    use super::measured::nanoseconds;
    #[pymodule_export]
    use super::{
        Descriptions, Samples, Sightings, Unboxed, collect_batches, keeps_order, through_queue,
    };
}
