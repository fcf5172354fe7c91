//! Code shown in `references/typing.md`.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

/// What a length may be divided by.
#[derive(FromPyObject)]
enum Divisor<'py> {
    Length(PyRef<'py, Length>),
    Number(f64),
}

/// What comes of it.
#[derive(IntoPyObject)]
enum Quotient {
    Ratio(f64),
    Length(Length),
}

/// A length.
#[pyclass(frozen, eq, ord, get_all, module = "classes_snippets.lengths")]
#[derive(PartialEq, PartialOrd)]
struct Length {
    metres: f64,
}

#[pymethods]
impl Length {
    fn __add__(&self, other: &Self) -> Self {
        Self::new(self.metres + other.metres)
    }

    fn __truediv__(&self, other: Divisor<'_>) -> Quotient {
        match other {
            Divisor::Length(other) => Quotient::Ratio(self.metres / other.metres),
            Divisor::Number(number) => Quotient::Length(Self::new(self.metres / number)),
        }
    }

    #[new]
    fn new(metres: f64) -> Self {
        Self { metres }
    }

    #[classattr]
    fn __match_args__() -> (&'static str,) {
        ("metres",)
    }

    #[classattr]
    #[pyo3(name = "ZERO")]
    fn zero() -> Self {
        Self::new(0.0)
    }
}

/// A unit.
#[pyclass(frozen, eq, hash, module = "classes_snippets.lengths")]
#[derive(PartialEq, Eq, Hash)]
enum Unit {
    Metre,
    Mile,
}

#[pymethods]
impl Unit {
    #[getter]
    fn metres(&self) -> f64 {
        match self {
            Self::Metre => 1.0,
            Self::Mile => 1609.344,
        }
    }
}

/// A way that may be subclassed.
#[pyclass(frozen, subclass, module = "classes_snippets.lengths")]
struct Leg {
    #[pyo3(get)]
    name: String,
}

#[pymethods]
impl Leg {
    #[new]
    fn new(name: String) -> Self {
        Self { name }
    }

    /// Return itself: a subclass stays one.
    fn started(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }
}

// region: generic
/// A stack, of whatever Python puts on it.
#[pyclass(frozen, generic, module = "classes_snippets.lengths")]
#[derive(Default)]
struct Stack {
    items: Mutex<Vec<Py<PyAny>>>,
}
// endregion: generic

impl Stack {
    fn items(&self) -> MutexGuard<'_, Vec<Py<PyAny>>> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Stack {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn push(&self, item: Py<PyAny>) {
        self.items().push(item);
    }

    fn pop(&self) -> PyResult<Py<PyAny>> {
        let item = self.items().pop();
        item.ok_or_else(|| PyIndexError::new_err("the stack is empty"))
    }

    fn __len__(&self) -> usize {
        self.items().len()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let items = match self.items.try_lock() {
            Ok(items) => items,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        items.iter().try_for_each(|item| visit.call(item))
    }

    fn __clear__(&self) {
        let items = mem::take(&mut *self.items());
        drop(items);
    }
}

#[pyo3::pymodule]
pub mod typing {
    #[pymodule_export]
    use super::{Leg, Length, Stack, Unit};
}
