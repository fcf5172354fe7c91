//! Classes that `references/layout.md` measures.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;

/// A point of the plane.
#[pyclass(frozen, eq, get_all)]
#[derive(PartialEq)]
struct Frozen {
    x: f64,
    y: f64,
}

#[pymethods]
impl Frozen {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    fn norm(&self) -> f64 {
        self.x.hypot(self.y)
    }

    fn scaled(&self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }

    #[getter]
    fn area(&self) -> f64 {
        self.x * self.y
    }

    fn __len__(&self) -> usize {
        2
    }

    fn __getitem__(&self, index: usize) -> PyResult<f64> {
        let coordinates = [self.x, self.y];
        let coordinate = coordinates.get(index).copied();
        coordinate.ok_or_else(|| PyIndexError::new_err("a point has two coordinates"))
    }

    fn __add__(&self, other: &Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

#[pyclass(get_all, set_all)]
struct Mutable {
    x: f64,
    y: f64,
}

#[pymethods]
impl Mutable {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    fn norm(&self) -> f64 {
        self.x.hypot(self.y)
    }

    fn double(&mut self) {
        (self.x, self.y) = (self.x * 2.0, self.y * 2.0);
    }
}

#[pyclass(frozen)]
struct Locked {
    point: Mutex<(f64, f64)>,
}

#[pymethods]
impl Locked {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        let point = Mutex::new((x, y));
        Self { point }
    }

    fn norm(&self) -> f64 {
        let (x, y) = *self.point.lock().unwrap();
        x.hypot(y)
    }
}

#[pyclass(frozen)]
struct Atomic {
    x: AtomicU64,
    y: AtomicU64,
}

#[pymethods]
impl Atomic {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        let [x, y] = [x, y].map(|number| AtomicU64::new(number.to_bits()));
        Self { x, y }
    }

    fn norm(&self) -> f64 {
        let [x, y] = [&self.x, &self.y].map(|bits| f64::from_bits(bits.load(Ordering::Relaxed)));
        x.hypot(y)
    }
}

#[pyclass(frozen, get_all, new = "from_fields", weakref)]
struct Weak {
    x: f64,
    y: f64,
}

#[pyclass(frozen, get_all, new = "from_fields", dict)]
struct WithDict {
    x: f64,
    y: f64,
}

#[pyclass(frozen, get_all, new = "from_fields", subclass)]
struct Base {
    x: f64,
    y: f64,
}

#[pyclass(freelist = 64, frozen, get_all)]
struct Pooled {
    x: f64,
    y: f64,
}

#[pyclass(get_all, new = "from_fields", unsendable)]
struct Unsendable {
    x: f64,
    y: f64,
}

#[pymethods]
impl Pooled {
    #[new]
    fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
}

/// The fields are sorted by Rust: 8 + 1 + 1 bytes, and not 1 + 8 + 1 with gaps.
#[pyclass(frozen, get_all, new = "from_fields")]
struct Mixed {
    first: bool,
    number: u64,
    last: bool,
}

/// Beside the lock's own gap of three bytes, which no field can use.
#[pyclass(frozen)]
struct LockedMixed {
    _number: Mutex<f64>,
    _last: bool,
}

#[pymethods]
impl LockedMixed {
    #[new]
    fn new(number: f64, last: bool) -> Self {
        Self {
            _number: Mutex::new(number),
            _last: last,
        }
    }
}

#[pyclass(frozen)]
struct Empty;

#[pymethods]
impl Empty {
    #[new]
    fn new() -> Self {
        Self
    }
}

#[pyclass(frozen, get_all, new = "from_fields")]
struct Text {
    text: String,
}

#[pyclass(frozen, get_all, new = "from_fields")]
struct Shared {
    text: Py<PyAny>,
}

#[pymodule]
pub mod layout {
    #[pymodule_export]
    use super::{
        Atomic, Base, Empty, Frozen, Locked, LockedMixed, Mixed, Mutable, Pooled, Shared, Text,
        Unsendable, Weak, WithDict,
    };

    /// Whether the measurements would mean nothing.
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
}
