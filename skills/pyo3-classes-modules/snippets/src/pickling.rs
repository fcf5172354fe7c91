//! Code shown in `references/pickling.md`.

use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

/// A dose of a medicine.
#[pyclass(
    frozen,
    eq,
    hash,
    get_all,
    subclass,
    module = "classes_snippets.pharmacy"
)]
#[derive(PartialEq, Eq, Hash)]
struct Dose {
    medicine: String,
    milligrams: u32,
}

#[pymethods]
impl Dose {
    #[new]
    #[pyo3(signature = (medicine, *, milligrams))]
    fn new(medicine: String, milligrams: u32) -> PyResult<Self> {
        if milligrams == 0 {
            return Err(PyValueError::new_err("a dose is more than nothing"));
        }
        Ok(Self {
            medicine,
            milligrams,
        })
    }

    // region: value
    // What `__new__` is called with: positional arguments, and those that are keyword-only.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str,), Bound<'py, PyDict>)> {
        let keywords = PyDict::new(py);
        keywords.set_item("milligrams", self.milligrams)?;
        Ok(((&self.medicine,), keywords))
    }
    // endregion: value
}

/// A patient's chart, which grows.
#[pyclass(frozen, subclass, module = "classes_snippets.pharmacy")]
#[derive(Default)]
struct Chart {
    entries: Mutex<Vec<(u64, String)>>,
}

// region: state
/// The version of what `__getstate__` returns, and that itself.
#[derive(FromPyObject, IntoPyObject)]
struct ChartState(u32, Py<PyAny>);
// endregion: state

#[pymethods]
impl Chart {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: state-methods
    fn __getstate__(&self, py: Python<'_>) -> PyResult<ChartState> {
        let entries = self.entries().clone();
        Ok(ChartState(2, entries.into_pyobject(py)?.unbind()))
    }

    fn __setstate__(&self, state: &Bound<'_, PyAny>) -> PyResult<()> {
        let ChartState(version, data) = state.extract()?;
        let data = data.bind(state.py());
        let entries = match version {
            2 => data.extract()?,
            // The first release had no times.
            1 => data
                .extract::<Vec<String>>()?
                .into_iter()
                .map(|note| (0, note))
                .collect(),
            _ => return Err(PyValueError::new_err(format!("unknown version {version}"))),
        };
        *self.entries() = entries;
        Ok(())
    }
    // endregion: state-methods

    fn note(&self, minute: u64, note: String) {
        self.entries().push((minute, note));
    }

    fn notes(&self) -> Vec<(u64, String)> {
        self.entries().clone()
    }
}

impl Chart {
    fn entries(&self) -> MutexGuard<'_, Vec<(u64, String)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A box of tablets. Every protocol pickles it, subclasses and their attributes included.
#[pyclass(frozen, eq, get_all, subclass, module = "classes_snippets.pharmacy")]
#[derive(PartialEq)]
struct Pack {
    tablets: u32,
}

// region: reduce
type Reduced<'py> = (Bound<'py, PyType>, (u32,), Option<Bound<'py, PyAny>>);
// endregion: reduce

#[pymethods]
impl Pack {
    // region: reduce-method
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Reduced<'py>> {
        // What a subclass in Python has added; `None` if there is nothing.
        let attributes = slf.getattr_opt("__dict__")?;
        Ok((slf.get_type(), (slf.get().tablets,), attributes))
    }
    // endregion: reduce-method

    #[new]
    fn new(tablets: u32) -> Self {
        Self { tablets }
    }
}

/// A `__reduce__` that forgets subclasses.
#[pyclass(frozen, subclass, module = "classes_snippets.pharmacy")]
struct Bottle {
    #[pyo3(get)]
    millilitres: u32,
}

#[pymethods]
impl Bottle {
    #[new]
    fn new(millilitres: u32) -> Self {
        Self { millilitres }
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> (Bound<'py, PyType>, (u32,)) {
        (py.get_type::<Self>(), (self.millilitres,))
    }
}

/// Nothing says how to pickle it.
#[pyclass(frozen, module = "classes_snippets.pharmacy")]
struct Scale;

#[pymethods]
impl Scale {
    #[new]
    fn new() -> Self {
        Self
    }
}

/// The same, but not frozen: it has a flag for borrows.
#[pyclass(module = "classes_snippets.pharmacy")]
struct Counter;

#[pymethods]
impl Counter {
    #[new]
    fn new() -> Self {
        Self
    }
}

/// How a medicine is taken.
#[pyclass(frozen, eq, hash, module = "classes_snippets.pharmacy")]
#[derive(PartialEq, Eq, Hash)]
enum Route {
    Oral,
    Topical,
}

// region: enum
type ByName<'py> = (Bound<'py, PyAny>, (Bound<'py, PyType>, &'static str));

#[pymethods]
impl Route {
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<ByName<'py>> {
        let name = match slf.get() {
            Self::Oral => "Oral",
            Self::Topical => "Topical",
        };
        let getattr = slf.py().import("builtins")?.getattr("getattr")?;
        Ok((getattr, (slf.as_any().get_type(), name)))
    }
}
// endregion: enum

/// Nothing says how to pickle its members.
#[pyclass(frozen, eq, module = "classes_snippets.pharmacy")]
#[derive(PartialEq)]
enum Storage {
    Shelf,
    Fridge,
}

/// What happened in a pharmacy.
#[pyclass(frozen, eq, module = "classes_snippets.pharmacy")]
#[derive(PartialEq)]
enum Event {
    Delivered { packs: u32 },
    Spoiled { packs: u32, reason: String },
}

// region: variants
#[pymethods]
impl Event {
    // Each variant is a class with its own `__new__`, so one method serves all.
    fn __getnewargs__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match self {
            Self::Delivered { packs } => (packs,).into_pyobject(py),
            Self::Spoiled { packs, reason } => (packs, reason).into_pyobject(py),
        }
    }
}
// endregion: variants

/// Variants without a way to pickle them.
#[pyclass(frozen, eq, module = "classes_snippets.pharmacy")]
#[derive(PartialEq)]
enum Order {
    Placed { packs: u32 },
}

/// A ward; what it holds may lead back to it.
#[pyclass(frozen, subclass, module = "classes_snippets.pharmacy")]
struct Ward {
    head: Mutex<Option<Py<PyAny>>>,
}

#[pymethods]
impl Ward {
    // Not in the arguments of `__new__`: the object is there by now, and its state can lead back to it.
    fn __getstate__(&self, py: Python<'_>) -> (Option<Py<PyAny>>,) {
        (self.head(py),)
    }

    fn __setstate__(&self, state: (Option<Py<PyAny>>,)) {
        self.set_head(state.0);
    }

    #[new]
    fn new() -> Self {
        Self {
            head: Mutex::new(None),
        }
    }

    #[getter]
    fn head(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        head.as_ref().map(|head| head.clone_ref(py))
    }

    #[setter]
    fn set_head(&self, head: Option<Py<PyAny>>) {
        let mut place = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *place, head);
        drop(place);
        drop(old);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.head.try_lock() {
            Ok(head) => visit.call(&*head),
            Err(TryLockError::Poisoned(error)) => visit.call(&*error.into_inner()),
            Err(TryLockError::WouldBlock) => Ok(()),
        }
    }

    fn __clear__(&self) {
        self.set_head(None);
    }
}

/// The same, but its content is an argument of `__new__`.
#[pyclass(frozen, module = "classes_snippets.pharmacy")]
struct Room {
    #[pyo3(get)]
    beds: Py<PyAny>,
}

#[pymethods]
impl Room {
    #[new]
    fn new(beds: Py<PyAny>) -> Self {
        Self { beds }
    }

    fn __getnewargs__(&self, py: Python<'_>) -> (Py<PyAny>,) {
        (self.beds.clone_ref(py),)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.beds)
    }
}

/// A key. It stays where it is.
#[pyclass(frozen, module = "classes_snippets.pharmacy")]
struct Key;

#[pymethods]
impl Key {
    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("a `Key` stays in its process"))
    }

    #[new]
    fn new() -> Self {
        Self
    }
}

/// A label. It never changes, so a copy of it would be of no use.
#[pyclass(frozen, weakref, module = "classes_snippets.pharmacy")]
struct Label {
    #[pyo3(get)]
    text: String,
}

#[pymethods]
impl Label {
    // region: copy
    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        slf
    }
    // endregion: copy

    #[new]
    fn new(text: String) -> Self {
        Self { text }
    }
}

#[pyo3::pymodule]
pub mod pickling {
    #[pymodule_export]
    use super::{
        Bottle, Chart, Counter, Dose, Event, Key, Label, Order, Pack, Room, Route, Scale, Storage,
        Ward,
    };
}
