//! The views: what a map has now, not what it had when they were made. And the iterator over them.

use std::sync::Mutex;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyValueError};
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyInt, PyList, PySet, PySlice, PyTuple};

use crate::lock;
use crate::map::{AsOfMap, find_key};

type Object<'py> = Bound<'py, PyAny>;

/// What an iterator returns.
#[derive(Clone, Copy)]
pub enum Kind {
    Keys,
    Values,
    Items,
}

// region: iterator
/// An iterator over a map; it refuses to go on once keys were added or removed.
#[pyclass(frozen, module = "asof_map._core")]
pub struct Entries {
    map: Py<AsOfMap>,
    kind: Kind,
    reverse: bool,
    changes: u64,
    /// How many were returned.
    count: Mutex<usize>,
}

impl Entries {
    pub fn new(map: Py<AsOfMap>, kind: Kind, reverse: bool) -> Self {
        let changes = map.get().store().changes();
        Self {
            map,
            kind,
            reverse,
            changes,
            count: Mutex::default(),
        }
    }
}

#[pymethods]
impl Entries {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Object<'py>>> {
        let (key, value) = {
            let mut count = lock(&self.count);
            let store = self.map.get().store();
            if store.changes() != self.changes {
                return Err(PyRuntimeError::new_err(
                    "the map changed its keys during iteration",
                ));
            }
            if *count == store.keys().len() {
                return Ok(None);
            }
            let at = match self.reverse {
                false => *count,
                true => store.keys().len() - 1 - *count,
            };
            *count += 1;
            (store.keys()[at], store.values()[at].clone_ref(py))
        };
        Ok(Some(match self.kind {
            Kind::Keys => key.into_pyobject(py)?.into_any(),
            Kind::Values => value.into_bound(py),
            Kind::Items => (key, value).into_pyobject(py)?.into_any(),
        }))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.map)
    }
}
// endregion: iterator

// region: set
/// Does what a set does with a view and any iterable; the result is a set, as for the views of a dict.
fn combine<'py>(left: &Object<'py>, method: &str, right: &Object<'py>) -> PyResult<Object<'py>> {
    let py = left.py();
    let (Ok(left), Ok(right)) = (left.try_iter(), right.try_iter()) else {
        return Ok(py.NotImplemented().into_bound(py));
    };
    let set = PySet::empty(py)?;
    set.call_method1("update", (left,))?;
    set.call_method1(method, (right,))
}

/// Compares with a set as `collections.abc.Set` does: by what is in it, which needs no hashes.
fn compare<'py>(
    left: &Object<'py>,
    right: &Object<'py>,
    operator: CompareOp,
) -> PyResult<Object<'py>> {
    let py = left.py();
    let set = py.import("collections.abc")?.getattr("Set")?;
    if !right.is_instance(&set)? {
        return Ok(py.NotImplemented().into_bound(py));
    }
    let (less, more) = match operator {
        CompareOp::Gt | CompareOp::Ge => (right, left),
        _ => (left, right),
    };
    let (fewer, many) = (less.len()?, more.len()?);
    let fits = match operator {
        CompareOp::Eq | CompareOp::Ne => fewer == many,
        CompareOp::Lt | CompareOp::Gt => fewer < many,
        CompareOp::Le | CompareOp::Ge => fewer <= many,
    };
    let within = fits && contains_all(more, less)?;
    let answer = within != matches!(operator, CompareOp::Ne);
    Ok(answer.into_pyobject(py)?.to_owned().into_any())
}

fn contains_all(set: &Bound<'_, PyAny>, items: &Bound<'_, PyAny>) -> PyResult<bool> {
    for item in items.try_iter()? {
        if !set.contains(item?)? {
            return Ok(false);
        }
    }
    Ok(true)
}
// endregion: set

fn is_disjoint(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<bool> {
    for item in right.try_iter()? {
        if left.contains(item?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The keys of a map, in order: a set, and a sequence of positions.
#[pyclass(frozen, module = "asof_map")]
pub struct Keys {
    pub map: Py<AsOfMap>,
}

#[pymethods]
impl Keys {
    /// The map that this is a view of.
    #[getter]
    fn mapping(&self, py: Python<'_>) -> Py<AsOfMap> {
        self.map.clone_ref(py)
    }

    fn __len__(&self) -> usize {
        self.map.get().store().keys().len()
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let key = find_key(key)?;
        Ok(key.is_some_and(|key| self.map.get().store().get(key).is_some()))
    }

    fn __iter__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Keys, false)
    }

    fn __reversed__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Keys, true)
    }

    // region: positions
    /// The key at a position, or a list of those at the positions of a slice.
    fn __getitem__<'py>(&self, py: Python<'py>, at: &Object<'py>) -> PyResult<Object<'py>> {
        if let Ok(slice) = at.cast::<PySlice>() {
            let keys = self.map.get().store().keys().to_vec();
            return PyList::new(py, keys)?.as_any().get_item(slice);
        }
        let outside = || PyIndexError::new_err("there is no key at this position");
        let at: isize = at.cast::<PyInt>().map_or_else(
            |_| at.extract(),
            // Only an integer that is too large can't be extracted.
            |at| at.extract().map_err(|_| outside()),
        )?;
        let store = self.map.get().store();
        let position = match usize::try_from(at) {
            Ok(at) => Some(at),
            Err(_) => store.keys().len().checked_add_signed(at),
        };
        let key = position.and_then(|at| store.keys().get(at).copied());
        let key = key.ok_or_else(outside)?;
        Ok(key.into_pyobject(py)?.into_any())
    }

    /// Return the position of a key.
    ///
    /// Raises:
    ///     ValueError: If it is not there.
    #[pyo3(signature = (key, /))]
    fn index(&self, key: i64) -> PyResult<usize> {
        let position = self.map.get().store().keys().binary_search(&key);
        position.map_err(|_| PyValueError::new_err(format!("there is no key {key}")))
    }

    /// Return how many keys are less, which is where this one would be put in before an equal one.
    #[pyo3(signature = (key, /))]
    fn bisect_left(&self, key: i64) -> usize {
        self.map.get().store().before(key)
    }

    /// Return how many keys are less or equal.
    #[pyo3(signature = (key, /))]
    fn bisect_right(&self, key: i64) -> usize {
        self.map.get().store().up_to(key)
    }
    // endregion: positions

    fn __and__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "intersection", other)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "intersection", slf.as_any())
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "union", other)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "union", slf.as_any())
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "difference", other)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "difference", slf.as_any())
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "symmetric_difference", other)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "symmetric_difference", slf.as_any())
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Object<'py>,
        operator: CompareOp,
    ) -> PyResult<Object<'py>> {
        compare(slf.as_any(), other, operator)
    }

    /// Return whether nothing is in both.
    #[pyo3(signature = (other, /))]
    fn isdisjoint(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        is_disjoint(slf.as_any(), other)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.map)
    }

    fn __repr__(&self) -> String {
        format!("<Keys of {} entries>", self.__len__())
    }
}

/// The values of a map, in the order of their keys.
#[pyclass(frozen, module = "asof_map")]
pub struct Values {
    pub map: Py<AsOfMap>,
}

#[pymethods]
impl Values {
    /// The map that this is a view of.
    #[getter]
    fn mapping(&self, py: Python<'_>) -> Py<AsOfMap> {
        self.map.clone_ref(py)
    }

    fn __len__(&self) -> usize {
        self.map.get().store().keys().len()
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let pairs = self.map.get().pairs(value.py(), None, None);
        for (_, present) in pairs {
            let present = present.bind(value.py());
            if present.is(value) || present.eq(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn __iter__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Values, false)
    }

    fn __reversed__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Values, true)
    }

    fn __repr__(&self) -> String {
        format!("<Values of {} entries>", self.__len__())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.map)
    }
}

/// The keys of a map with their values, in order: a set of pairs.
#[pyclass(frozen, module = "asof_map")]
pub struct Items {
    pub map: Py<AsOfMap>,
}

#[pymethods]
impl Items {
    /// The map that this is a view of.
    #[getter]
    fn mapping(&self, py: Python<'_>) -> Py<AsOfMap> {
        self.map.clone_ref(py)
    }

    fn __len__(&self) -> usize {
        self.map.get().store().keys().len()
    }

    fn __contains__(&self, item: &Bound<'_, PyAny>) -> PyResult<bool> {
        let py = item.py();
        let Ok(pair) = item.cast::<PyTuple>() else {
            return Ok(false);
        };
        if pair.len() != 2 {
            return Ok(false);
        }
        let (key, value) = (pair.get_item(0)?, pair.get_item(1)?);
        match find_key(&key)?.and_then(|key| self.map.get().get(py, key)) {
            Some(present) => Ok(present.bind(py).is(&value) || present.bind(py).eq(value)?),
            None => Ok(false),
        }
    }

    fn __iter__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Items, false)
    }

    fn __reversed__(&self, py: Python<'_>) -> Entries {
        Entries::new(self.map.clone_ref(py), Kind::Items, true)
    }

    fn __and__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "intersection", other)
    }

    fn __rand__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "intersection", slf.as_any())
    }

    fn __or__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "union", other)
    }

    fn __ror__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "union", slf.as_any())
    }

    fn __sub__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "difference", other)
    }

    fn __rsub__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "difference", slf.as_any())
    }

    fn __xor__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(slf.as_any(), "symmetric_difference", other)
    }

    fn __rxor__<'py>(slf: &Bound<'py, Self>, other: &Object<'py>) -> PyResult<Object<'py>> {
        combine(other, "symmetric_difference", slf.as_any())
    }

    fn __richcmp__<'py>(
        slf: &Bound<'py, Self>,
        other: &Object<'py>,
        operator: CompareOp,
    ) -> PyResult<Object<'py>> {
        compare(slf.as_any(), other, operator)
    }

    /// Return whether nothing is in both.
    #[pyo3(signature = (other, /))]
    fn isdisjoint(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        is_disjoint(slf.as_any(), other)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.map)
    }

    fn __repr__(&self) -> String {
        format!("<Items of {} entries>", self.__len__())
    }
}
