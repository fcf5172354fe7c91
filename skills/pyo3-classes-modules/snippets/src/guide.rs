//! Code shown in `SKILL.md`.

// region: value
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::{PyKeyError, PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList};
use pyo3::{PyTraverseError, PyVisit};

/// A weight, to the gram.
#[pyclass(frozen, eq, ord, hash, from_py_object)]
#[pyo3(module = "classes_snippets.parcels")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight {
    #[pyo3(get)]
    grams: u64,
}

#[pymethods]
impl Weight {
    #[new]
    fn new(grams: u64) -> Self {
        Self { grams }
    }

    // With anything but a weight, `+` is left to the other operand, and then a TypeError.
    fn __add__(&self, other: Self) -> PyResult<Self> {
        let grams = self.grams.checked_add(other.grams);
        let grams = grams.ok_or_else(|| PyOverflowError::new_err("the sum is too large"))?;
        Ok(Self { grams })
    }

    fn __repr__(&self) -> String {
        format!("Weight({})", self.grams)
    }

    // What `new` is called with: for pickle and copy.
    fn __getnewargs__(&self) -> (u64,) {
        (self.grams,)
    }
    // endregion: value

    /// Read a text such as `250 g` or `3 kg`.
    ///
    /// Raises:
    ///     ValueError: If it is no weight.
    #[staticmethod]
    fn parse(text: &str) -> PyResult<Self> {
        let weight = || {
            let (number, unit) = text.split_once(' ')?;
            let factor = match unit {
                "g" => 1,
                "kg" => 1000,
                _ => return None,
            };
            number.parse::<u64>().ok()?.checked_mul(factor)
        };
        let grams =
            weight().ok_or_else(|| PyValueError::new_err(format!("no weight: {text:?}")))?;
        Ok(Self { grams })
    }
}

// region: state
/// Parcels that wait to be fetched; any thread may use it.
#[pyclass(frozen, mapping, weakref)]
#[pyo3(module = "classes_snippets.parcels")]
pub struct Depot {
    parcels: Mutex<BTreeMap<String, Weight>>,
    on_arrival: Mutex<Option<Py<PyAny>>>,
}

impl Depot {
    // Plain Rust only: no Python code runs while this lock is held, so `lock` can't deadlock.
    fn parcels(&self) -> MutexGuard<'_, BTreeMap<String, Weight>> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Depot {
    #[new]
    #[pyo3(signature = (*, on_arrival = None))]
    fn new(on_arrival: Option<Py<PyAny>>) -> Self {
        Self {
            parcels: Mutex::default(),
            on_arrival: Mutex::new(on_arrival),
        }
    }

    fn arrive(&self, py: Python<'_>, number: String, weight: Weight) -> PyResult<()> {
        self.parcels().insert(number.clone(), weight);
        // Copied out of the lock: the callback may use the depot.
        let callback = {
            let callback = self.on_arrival.lock();
            let callback = callback.unwrap_or_else(PoisonError::into_inner);
            callback.as_ref().map(|callback| callback.clone_ref(py))
        };
        match callback {
            Some(callback) => callback.call1(py, (number, weight)).map(drop),
            None => Ok(()),
        }
    }

    fn __len__(&self) -> usize {
        self.parcels().len()
    }

    fn __getitem__(&self, number: &str) -> PyResult<Weight> {
        let weight = self.parcels().get(number).copied();
        weight.ok_or_else(|| PyKeyError::new_err(number.to_owned()))
    }

    // A copy: who iterates may add and remove parcels.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let numbers: Vec<String> = self.parcels().keys().cloned().collect();
        PyList::new(py, numbers)?.try_iter()
    }

    // The callback may lead back to the depot. The collector asks more than once, without waiting, and must see the same
    // each time: only attached threads take this lock, for plain Rust, so it is free then.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let callback = match self.on_arrival.try_lock() {
            Ok(callback) => callback,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        callback.iter().try_for_each(|object| visit.call(object))
    }

    fn __clear__(&self) {
        let callback = self.on_arrival.lock();
        // Dropped after the lock, for that runs Python code.
        let callback = callback.unwrap_or_else(PoisonError::into_inner).take();
        drop(callback);
    }
}
// endregion: state

/// How a parcel travels; subclasses say what that costs.
// region: base
#[pyclass(frozen, subclass)]
#[pyo3(module = "classes_snippets.parcels")]
pub struct Carrier {
    #[pyo3(get)]
    name: String,
}

#[pymethods]
impl Carrier {
    #[new]
    fn new(name: String) -> Self {
        Self { name }
    }

    /// The price in cents.
    fn price(&self, weight: Weight) -> u64 {
        500 + weight.grams.div_ceil(1000) * 100
    }

    /// Compare the prices of several parcels.
    fn dearest(slf: &Bound<'_, Self>, weights: Vec<Weight>) -> PyResult<u64> {
        let mut dearest = 0;
        for weight in weights {
            // By name: a direct call, `slf.get().price(weight)`, would miss what a subclass overrides.
            let price: u64 = slf.call_method1("price", (weight,))?.extract()?;
            dearest = dearest.max(price);
        }
        Ok(dearest)
    }
}
// endregion: base

/// By bicycle, within the city.
// region: derived
#[pyclass(frozen, extends = Carrier)]
#[pyo3(module = "classes_snippets.parcels")]
pub struct Courier {
    #[pyo3(get)]
    zones: u64,
}

#[pymethods]
impl Courier {
    #[new]
    fn new(zones: u64) -> PyClassInitializer<Self> {
        let base = Carrier::new("courier".to_owned());
        PyClassInitializer::from(base).add_subclass(Self { zones })
    }
    // endregion: derived

    fn price(&self, _weight: Weight) -> u64 {
        self.zones.saturating_mul(300)
    }
}

#[pyo3::pymodule]
pub mod guide {
    #[pymodule_export]
    use super::{Carrier, Courier, Depot, Weight};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_units() {
        Python::initialize();
        assert_eq!(Weight::parse("3 kg").unwrap(), Weight::new(3000));
        assert!(Weight::parse("3 t").is_err());
    }
}
