//! The mapping.

use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard};
use std::thread::{self, ThreadId};

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyKeyError, PyOverflowError, PyTypeError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyMapping, PySlice, PyTuple, PyType};

use crate::lock;
use crate::store::Store;
use crate::views::{Entries, Items, Keys, Kind, Values};

type Pair = (i64, Py<PyAny>);

/// A mapping from integers, such as times, to values, sorted by its keys.
///
/// It is a `MutableMapping`, and equal to a dict with the same items. `asof` finds what was in effect at a time, and a
/// slice of keys is a map of what began from one time to another.
///
/// Args:
///     items: A mapping, or pairs of keys and values.
///
/// Raises:
///     TypeError: If a key is no integer.
///     OverflowError: If a key has more than 64 bits.
#[pyclass(frozen, mapping, weakref, generic, module = "asof_map")]
#[derive(Default)]
pub struct AsOfMap {
    store: Mutex<Store<Py<PyAny>>>,
    /// The threads that are in `__repr__`: who comes there again is in the map itself.
    showing: Mutex<Vec<ThreadId>>,
}

impl AsOfMap {
    pub fn store(&self) -> MutexGuard<'_, Store<Py<PyAny>>> {
        lock(&self.store)
    }

    /// Copies the pairs at some positions, so that Python code can run while they are gone through.
    pub fn pairs(&self, py: Python<'_>, start: Option<i64>, stop: Option<i64>) -> Vec<Pair> {
        let store = self.store();
        let range = store.range(start, stop);
        let values = store.values()[range.clone()]
            .iter()
            .map(|value| value.clone_ref(py));
        store.keys()[range].iter().copied().zip(values).collect()
    }

    pub fn get(&self, py: Python<'_>, key: i64) -> Option<Py<PyAny>> {
        self.store().get(key).map(|value| value.clone_ref(py))
    }

    /// Finds a position and reads what is there in one step: between two, another thread could change it.
    fn find(
        &self,
        py: Python<'_>,
        position: impl Fn(&Store<Py<PyAny>>) -> Option<usize>,
    ) -> Option<Pair> {
        let store = self.store();
        let at = position(&store)?;
        let value = store.values().get(at)?.clone_ref(py);
        Some((*store.keys().get(at)?, value))
    }

    /// The map of the keys from the start of a slice to its stop.
    fn part(&self, slice: &Bound<'_, PySlice>) -> PyResult<Self> {
        let end = |name: &str| slice.getattr(name)?.extract::<Option<i64>>();
        if !slice.getattr("step")?.is_none() {
            return Err(PyTypeError::new_err(
                "a slice of keys has no step; `keys()` has positions, whose slices may have one",
            ));
        }
        let part = Self::default();
        let pairs = self.pairs(slice.py(), end("start")?, end("stop")?);
        part.store().merge(pairs);
        Ok(part)
    }

    fn remove(&self, key: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        Ok(find_key(key)?.and_then(|key| self.store().remove(key)))
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in self.pairs(py, None, None) {
            dict.set_item(key, value)?;
        }
        Ok(dict)
    }
}

thread_local! {
    /// The values that are still to be dropped, while a map is.
    static LEFT: RefCell<Option<Vec<Py<PyAny>>>> = const { RefCell::new(None) };
}

// region: drop
/// Maps within maps are dropped one after the other, not within each other: a long chain would end on the stack.
/// Python's own containers see to that; a class of PyO3 has to do it itself.
impl Drop for AsOfMap {
    fn drop(&mut self) {
        let mut values = self.store().clear();
        let outermost = LEFT.with_borrow_mut(|left| match left {
            Some(left) => {
                left.append(&mut values);
                false
            }
            None => {
                *left = Some(values);
                true
            }
        });
        if outermost {
            let next = || LEFT.with_borrow_mut(|left| left.as_mut()?.pop());
            while let Some(value) = next() {
                drop(value);
            }
            LEFT.set(None);
        }
    }
}
// endregion: drop

// region: lookup
/// Returns the key that an object is; what can't be a key is simply not there, as in a dict.
pub fn find_key(object: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    match object.extract() {
        Ok(key) => Ok(Some(key)),
        Err(error)
            if error.is_instance_of::<PyTypeError>(object.py())
                || error.is_instance_of::<PyOverflowError>(object.py()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
// endregion: lookup

/// Returns the pairs of a mapping, or of an iterable of pairs, as `dict` takes them.
fn read_pairs(items: &Bound<'_, PyAny>) -> PyResult<Vec<Pair>> {
    if let Ok(map) = items.cast::<AsOfMap>() {
        return Ok(map.get().pairs(items.py(), None, None));
    }
    if items.hasattr("keys")? {
        let keys = items.call_method0("keys")?;
        return keys
            .try_iter()?
            .map(|key| {
                let key = key?;
                Ok((key.extract()?, items.get_item(&key)?.unbind()))
            })
            .collect();
    }
    let tuple = items.py().get_type::<PyTuple>();
    items
        .try_iter()?
        .map(|pair| tuple.call1((pair?,))?.extract())
        .collect()
}

fn missing(key: &Bound<'_, PyAny>) -> PyErr {
    // The key alone: a KeyError prints its argument as `repr`.
    PyKeyError::new_err(key.clone().unbind())
}

#[pymethods]
impl AsOfMap {
    #[new]
    #[pyo3(signature = (items = None, /))]
    fn new(items: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let map = Self::default();
        if let Some(items) = items {
            map.update(Some(items))?;
        }
        Ok(map)
    }

    fn __len__(&self) -> usize {
        self.store().keys().len()
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(find_key(key)?.is_some_and(|key| self.store().get(key).is_some()))
    }

    // region: item
    /// The value of a key; or of a slice, a map of the keys from its start to its stop, which is not included.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(slice) = key.cast::<PySlice>() {
            return Ok(Bound::new(py, self.part(slice)?)?.into_any());
        }
        let value = find_key(key)?.and_then(|key| self.get(py, key));
        value.map_or_else(|| Err(missing(key)), |value| Ok(value.into_bound(py)))
    }

    fn __setitem__(&self, key: i64, value: Py<PyAny>) {
        // The lock is gone at the end of this line, and what was there before is dropped after that.
        let old = self.store().insert(key, value);
        drop(old);
    }

    fn __delitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        self.remove(key)?.map(drop).ok_or_else(|| missing(key))
    }
    // endregion: item

    // region: asof
    /// Return what was in effect at a time: the value of the last key up to it.
    #[pyo3(signature = (key, default = None, /))]
    fn asof(&self, py: Python<'_>, key: i64, default: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        self.floor_item(py, key)
            .map_or(default, |pair| Some(pair.1))
    }

    /// Return the last key that is not after a time, with its value; or None.
    #[pyo3(signature = (key, /))]
    fn floor_item(&self, py: Python<'_>, key: i64) -> Option<Pair> {
        self.find(py, |store| store.up_to(key).checked_sub(1))
    }

    /// Return the first key that is not before a time, with its value; or None.
    #[pyo3(signature = (key, /))]
    fn ceiling_item(&self, py: Python<'_>, key: i64) -> Option<Pair> {
        self.find(py, |store| Some(store.before(key)))
    }
    // endregion: asof

    /// Return the value of a key, or the default.
    #[pyo3(name = "get", signature = (key, default = None, /))]
    fn get_or(
        &self,
        key: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
    ) -> PyResult<Option<Py<PyAny>>> {
        let value = find_key(key)?.and_then(|number| self.get(key.py(), number));
        Ok(value.or(default))
    }

    /// Return the value of a key; set it to the default if there is none.
    #[pyo3(signature = (key, default = None, /))]
    fn setdefault(&self, py: Python<'_>, key: i64, default: Option<Py<PyAny>>) -> Py<PyAny> {
        let default = default.unwrap_or_else(|| py.None());
        let mut store = self.store();
        if let Some(value) = store.get(key) {
            return value.clone_ref(py);
        }
        store.insert(key, default.clone_ref(py));
        default
    }

    /// Remove a key and return its value, or a default.
    ///
    /// Raises:
    ///     KeyError: If there is neither.
    #[pyo3(signature = (key, /, *default))]
    fn pop(&self, key: &Bound<'_, PyAny>, default: &Bound<'_, PyTuple>) -> PyResult<Py<PyAny>> {
        if default.len() > 1 {
            return Err(PyTypeError::new_err("pop expected at most 2 arguments"));
        }
        match (self.remove(key)?, default.get_item(0)) {
            (Some(value), _) => Ok(value),
            (None, Ok(default)) => Ok(default.unbind()),
            (None, Err(_)) => Err(missing(key)),
        }
    }

    /// Remove and return the last key with its value, or the first.
    ///
    /// Raises:
    ///     KeyError: If there is none.
    #[pyo3(signature = (*, last = true))]
    fn popitem(&self, last: bool) -> PyResult<Pair> {
        let mut store = self.store();
        let keys = store.keys();
        let key = if last { keys.last() } else { keys.first() };
        let pair = key.copied().and_then(|key| Some((key, store.remove(key)?)));
        pair.ok_or_else(|| PyKeyError::new_err("the map is empty"))
    }

    /// Remove all keys.
    fn clear(&self) {
        let old = self.store().clear();
        drop(old);
    }

    /// Set many values at once, which is faster than one after the other.
    ///
    /// Args:
    ///     items: A mapping, or pairs of keys and values.
    #[pyo3(signature = (items = None, /))]
    fn update(&self, items: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        // Read before the lock is taken, since that runs Python code.
        let pairs = items.map_or_else(|| Ok(Vec::new()), read_pairs)?;
        let old = self.store().merge(pairs);
        drop(old);
        Ok(())
    }

    /// Return a map with the same items.
    fn copy(&self, py: Python<'_>) -> Self {
        let copy = Self::default();
        copy.store().merge(self.pairs(py, None, None));
        copy
    }

    /// The keys in order: a set, and a sequence of positions.
    fn keys(slf: Py<Self>) -> Keys {
        Keys { map: slf }
    }

    /// The values in the order of their keys.
    fn values(slf: Py<Self>) -> Values {
        Values { map: slf }
    }

    /// The keys with their values.
    fn items(slf: Py<Self>) -> Items {
        Items { map: slf }
    }

    fn __iter__(slf: Py<Self>) -> Entries {
        Entries::new(slf, Kind::Keys, false)
    }

    fn __reversed__(slf: Py<Self>) -> Entries {
        Entries::new(slf, Kind::Keys, true)
    }

    // region: equality
    // As `Mapping` has it: equal to any mapping with equal items. Without `__hash__`, so it is no key.
    fn __eq__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        let Ok(other) = other.cast::<PyMapping>() else {
            return Ok(py.NotImplemented().into_bound(py));
        };
        let theirs = PyDict::new(py);
        theirs.update(other)?;
        let equal = self.to_dict(py)?.eq(theirs)?;
        Ok(equal.into_pyobject(py)?.to_owned().into_any())
    }
    // endregion: equality

    // region: repr
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (showing, this) = (&slf.get().showing, thread::current().id());
        if lock(showing).contains(&this) {
            return Ok("AsOfMap({...})".to_owned());
        }
        lock(showing).push(this);
        let items = slf.get().to_dict(slf.py()).and_then(|dict| dict.repr());
        // Also after an exception.
        lock(showing).retain(|thread| *thread != this);
        Ok(format!("AsOfMap({})", items?))
    }
    // endregion: repr

    // region: pickle
    /// An empty map, and then its items: so a map that is in itself can be copied and pickled.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        let py = slf.py();
        let items = slf.get().to_dict(py)?.call_method0("items")?.try_iter()?;
        Ok((
            slf.as_any().get_type(),
            PyTuple::empty(py),
            None,
            None,
            items,
        ))
    }
    // endregion: pickle

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.store.try_lock() {
            Ok(store) => store
                .values()
                .iter()
                .try_for_each(|value| visit.call(value)),
            Err(_) => Ok(()),
        }
    }

    fn __clear__(&self) {
        self.clear();
    }
}

/// Class, arguments, state, items of a list and of a dict: what `__reduce__` returns.
type Reduced<'py> = (
    Bound<'py, PyType>,
    Bound<'py, PyTuple>,
    Option<()>,
    Option<()>,
    Bound<'py, PyIterator>,
);
