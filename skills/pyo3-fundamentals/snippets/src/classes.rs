//! Code shown in `references/classes.md`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3::{PyTraverseError, PyVisit};

// region: state
/// How often words were counted. Threads may share it.
#[pyclass(frozen, module = "fundamentals_snippets.tallies")]
#[derive(Default)]
struct Tally {
    counts: Mutex<BTreeMap<String, u64>>,
}
// endregion: state

impl Tally {
    // region: lock
    // Nothing of Python's runs while a thread holds this lock, so plain `lock` can't deadlock.
    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
    // endregion: lock
}

#[pymethods]
impl Tally {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&self, word: String) {
        *self.counts().entry(word).or_default() += 1;
    }

    // region: merge
    /// Add what another tally has counted.
    fn merge(&self, other: &Self) {
        // Copied first: with both locks held, `a.merge(b)` beside `b.merge(a)` would deadlock.
        let copy = other.counts().clone();
        let mut counts = self.counts();
        for (word, count) in copy {
            let total = counts.entry(word).or_default();
            *total = total.saturating_add(count);
        }
    }
    // endregion: merge

    fn __len__(&self) -> usize {
        self.counts().len()
    }

    fn __contains__(&self, word: &str) -> bool {
        self.counts().contains_key(word)
    }

    fn __getitem__(&self, word: &str) -> PyResult<u64> {
        let count = self.counts().get(word).copied();
        count.ok_or_else(|| PyKeyError::new_err(word.to_owned()))
    }

    // Over a copy, so that the tally may change meanwhile.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let words: Vec<String> = self.counts().keys().cloned().collect();
        Ok(PyList::new(py, words)?.try_iter()?.into_any())
    }

    // region: pickle-get
    // `pickle` and `copy` call `new`, with what `__getnewargs__` returns if there is one, then hand over this state.
    fn __getstate__(&self) -> BTreeMap<String, u64> {
        self.counts().clone()
    }
    // endregion: pickle-get

    // region: pickle-set
    fn __setstate__(&self, state: BTreeMap<String, u64>) {
        *self.counts() = state;
    }
    // endregion: pickle-set
}

/// A tank; it is frozen, and its level can be set all the same.
#[pyclass(frozen)]
struct Tank {
    litres: AtomicU64,
}

#[pymethods]
impl Tank {
    /// How many litres a barrel has.
    #[classattr]
    const BARREL: u64 = 159;

    #[new]
    #[pyo3(signature = (litres = 0))]
    fn new(litres: u64) -> Self {
        let litres = AtomicU64::new(litres);
        Self { litres }
    }

    #[staticmethod]
    fn of_barrels(barrels: u32) -> Self {
        Self::new(u64::from(barrels) * Self::BARREL)
    }

    // region: property
    /// How much is in it.
    #[getter]
    fn litres(&self) -> u64 {
        self.litres.load(Ordering::Relaxed)
    }
    // endregion: property

    // region: setter
    #[setter]
    fn set_litres(&self, litres: u64) -> PyResult<()> {
        if litres > 1_000 {
            return Err(PyValueError::new_err("a tank holds 1000 litres"));
        }
        self.litres.store(litres, Ordering::Relaxed);
        Ok(())
    }
    // endregion: setter

    // region: operator
    // For an operand of another type PyO3 returns `NotImplemented`, and Python asks that one.
    fn __add__(&self, other: &Self) -> Self {
        Self::new(self.litres().saturating_add(other.litres()))
    }
    // endregion: operator
}

/// Something that is sent.
#[pyclass(frozen, subclass)]
struct Item {
    #[pyo3(get)]
    grams: u32,
}

#[pymethods]
impl Item {
    #[new]
    fn new(grams: u32) -> Self {
        Self { grams }
    }

    fn postage(&self) -> u32 {
        self.grams * 2
    }
}

/// An item with its value insured.
#[pyclass(frozen, extends = Item)]
struct InsuredItem {
    #[pyo3(get)]
    value: u32,
}

#[pymethods]
impl InsuredItem {
    #[new]
    fn new(grams: u32, value: u32) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Item::new(grams)).add_subclass(Self { value })
    }

    fn postage(slf: PyRef<'_, Self>) -> u32 {
        slf.as_super().postage() + slf.value / 100
    }
}

/// A folder of any objects, which may refer to the folder.
#[pyclass(frozen, weakref)]
#[derive(Default)]
struct Folder {
    contents: Mutex<Vec<Py<PyAny>>>,
}

#[pymethods]
impl Folder {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&self, object: Py<PyAny>) {
        let contents = self.contents.lock();
        contents
            .unwrap_or_else(PoisonError::into_inner)
            .push(object);
    }

    // region: collector
    // Never waits: the thread that holds the lock may itself be waiting for the collector.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let contents = match self.contents.try_lock() {
            Ok(contents) => contents,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        contents.iter().try_for_each(|object| visit.call(object))
    }

    fn __clear__(&self) {
        let contents = self.contents.lock();
        // Taken out first: dropping an object runs Python code, which must not find the lock taken.
        let contents = std::mem::take(&mut *contents.unwrap_or_else(PoisonError::into_inner));
        drop(contents);
        // endregion: collector
    }
}

#[pymodule]
pub mod classes {
    #[pymodule_export]
    use super::{Folder, InsuredItem, Item, Tally, Tank};
}
