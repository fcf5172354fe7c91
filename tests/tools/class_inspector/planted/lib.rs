//! Classes with one flaw each, and their like without it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicIsize, Ordering};

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Has no flaw.
#[pyclass(frozen, eq, hash, ord, get_all, module = "planted")]
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Point {
    x: i64,
    y: i64,
}

#[pymethods]
impl Point {
    #[new]
    #[pyo3(signature = (x, y = 0))]
    fn new(x: i64, y: i64) -> Self {
        Self { x, y }
    }

    fn __repr__(&self) -> String {
        format!("Point({}, {})", self.x, self.y)
    }

    fn __getnewargs__(&self) -> (i64, i64) {
        (self.x, self.y)
    }
}

/// Says that it can be pickled, and forgets its name.
#[pyclass(frozen, eq, module = "planted")]
#[derive(Clone, PartialEq)]
struct Forgetful {
    name: String,
}

#[pymethods]
impl Forgetful {
    #[new]
    #[pyo3(signature = (name = "".to_owned()))]
    fn new(name: String) -> Self {
        Self { name }
    }

    fn __getnewargs__(&self) {}

    fn __reduce__(slf: &Bound<'_, Self>) -> (Py<PyAny>, ()) {
        (slf.get_type().unbind().into_any(), ())
    }
}

/// Is in no module, and has no constructor.
#[pyclass]
struct Homeless {}

/// Belongs to one thread.
#[pyclass(unsendable, module = "planted")]
struct Pinned {}

#[pymethods]
impl Pinned {
    #[new]
    fn new() -> Self {
        Self {}
    }

    fn __repr__(&self) -> &'static str {
        "Pinned()"
    }
}

/// Holds an object that the garbage collector does not see.
#[pyclass(subclass, weakref, dict, module = "planted")]
struct Leaky {
    #[pyo3(get, set)]
    value: Option<Py<PyAny>>,
}

#[pymethods]
impl Leaky {
    #[new]
    fn new() -> Self {
        Self { value: None }
    }
}

/// Holds an object and shows it to the garbage collector.
#[pyclass(module = "planted")]
struct Tidy {
    value: Option<Py<PyAny>>,
}

#[pymethods]
impl Tidy {
    #[new]
    fn new() -> Self {
        Self { value: None }
    }

    #[setter]
    fn set_value(&mut self, value: Option<Py<PyAny>>) {
        self.value = value;
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.value)
    }

    fn __clear__(&mut self) {
        self.value = None;
    }
}

/// Keeps everything for ever, so nothing can be said about its cycles.
#[pyclass(module = "planted")]
struct Hoard {}

static HOARD: Mutex<Vec<Py<PyAny>>> = Mutex::new(Vec::new());

#[pymethods]
impl Hoard {
    #[new]
    fn new() -> Self {
        Self {}
    }

    fn keep(&self, value: Py<PyAny>) {
        HOARD.lock().unwrap().push(value);
    }
}

/// Extends another class.
#[pyclass(extends = Leaky, module = "planted")]
struct Derived {}

#[pymethods]
impl Derived {
    #[new]
    fn new() -> PyClassInitializer<Self> {
        PyClassInitializer::from(Leaky::new()).add_subclass(Self {})
    }
}

/// Is equal to another one that hashes differently.
#[pyclass(frozen, module = "planted")]
struct Fickle {
    hash: isize,
}

static COUNT: AtomicIsize = AtomicIsize::new(0);

#[pymethods]
impl Fickle {
    #[new]
    fn new() -> Self {
        Self { hash: COUNT.fetch_add(1, Ordering::Relaxed) }
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok()
    }

    fn __hash__(&self) -> isize {
        self.hash
    }
}

/// Ends the process when it is printed, and refuses to be compared.
#[pyclass(module = "planted")]
struct Abort {}

#[pymethods]
impl Abort {
    #[new]
    fn new(_reason: &str) -> Self {
        Self {}
    }

    fn __repr__(&self) -> &'static str {
        std::process::abort()
    }

    fn __eq__(&self, _other: &Bound<'_, PyAny>) -> PyResult<bool> {
        Err(PyTypeError::new_err("can't be compared"))
    }
}

/// An enum whose variants have fields.
#[pyclass(frozen, module = "planted")]
enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
}

/// An enum of names.
#[pyclass(frozen, eq, hash, module = "planted")]
#[derive(PartialEq, Hash)]
enum Colour {
    Red,
    Green,
}

#[pymodule]
mod planted {
    #[pymodule_export]
    use super::{
        Abort, Colour, Derived, Fickle, Forgetful, Hoard, Homeless, Leaky, Pinned, Point, Shape, Tidy,
    };
}
