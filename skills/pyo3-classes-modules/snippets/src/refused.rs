//! What the chapters say that PyO3 refuses, as examples that must not compile; `cargo test --doc` tries each.
//!
//! Classes and operators compile:
//!
//! ```
//! #[pyo3::pyclass(frozen, eq, ord, hash, new = "from_fields")]
//! #[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
//! struct Version(u32);
//!
//! #[pyo3::pyclass(freelist = 8)]
//! struct Length(u32);
//!
//! #[pyo3::pymethods]
//! impl Length {
//!     #[new]
//!     fn new(py: pyo3::Python<'_>) -> pyo3::Py<pyo3::PyAny> { py.None() }
//!
//!     fn __iadd__(&mut self, other: u32) { self.0 += other }
//!     fn __pow__(&self, exponent: u32, _modulus: Option<u32>) -> Self { Self(self.0.pow(exponent)) }
//! }
//! ```
//!
//! `construction.md`: `from_fields` needs no `#[new]`, and takes no base.
//!
//! ```compile_fail
//! #[pyo3::pyclass(subclass)]
//! struct Page;
//!
//! #[pyo3::pyclass(extends = Page, new = "from_fields")]
//! struct Cover { title: String }
//! ```
//!
//! `receivers.md`: a frozen class has neither `&mut self` nor setters.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen)]
//! struct Basket(u32);
//!
//! #[pyo3::pymethods]
//! impl Basket { fn add(&mut self) { self.0 += 1 } }
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen, set_all)]
//! struct Basket { articles: u32 }
//! ```
//!
//! `receivers.md`: only of a frozen class is there a `&T` without a borrow.
//!
//! ```compile_fail
//! #[pyo3::pyclass]
//! struct Basket(u32);
//!
//! fn articles(basket: &pyo3::Py<Basket>) -> u32 { basket.get().0 }
//! ```
//!
//! `properties.md`: there is no property of a class, and an immutable one needs `abi3-py314` or no `abi3`.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen)]
//! struct Parcel(u32);
//!
//! #[pyo3::pymethods]
//! impl Parcel {
//!     #[classmethod]
//!     #[getter]
//!     fn limit(_cls: &pyo3::Bound<'_, pyo3::types::PyType>) -> u32 { 31_500 }
//! }
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen, immutable_type)]
//! struct Parcel(u32);
//! ```
//!
//! `equality.md`: `hash` needs `eq` and `frozen`, and `ord` needs `eq`.
//!
//! ```compile_fail
//! #[pyo3::pyclass(eq, hash)]
//! #[derive(PartialEq, Hash)]
//! struct Version(u32);
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(ord)]
//! #[derive(PartialEq, PartialOrd)]
//! struct Version(u32);
//! ```
//!
//! `equality.md`: `eq` and a comparison by hand together are two.
//!
//! ```compile_fail
//! #[pyo3::pyclass(eq)]
//! #[derive(PartialEq)]
//! struct Version(u32);
//!
//! #[pyo3::pymethods]
//! impl Version { fn __eq__(&self, other: &Self) -> bool { self.0 == other.0 } }
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(eq)]
//! #[derive(PartialEq)]
//! struct Version(u32);
//!
//! #[pyo3::pymethods]
//! impl Version { fn __lt__(&self, other: &Self) -> bool { self.0 < other.0 } }
//! ```
//!
//! `operators.md`: what an in-place operator returns is always the object.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen)]
//! struct Length(u32);
//!
//! #[pyo3::pymethods]
//! impl Length { fn __iadd__(&self, other: &Self) -> Self { Self(self.0 + other.0) } }
//! ```
//!
//! `operators.md`: `__pow__` takes the modulus, too.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen)]
//! struct Number(u32);
//!
//! #[pyo3::pymethods]
//! impl Number { fn __pow__(&self, exponent: u32) -> Self { Self(self.0.pow(exponent)) } }
//! ```
//!
//! `layout.md`: `freelist` does not go with options that write methods.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen, eq, freelist = 8)]
//! #[derive(PartialEq)]
//! struct Point(f64);
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen, new = "from_fields", freelist = 8)]
//! struct Point(f64);
//! ```
//!
//! `garbage-collection.md`: `__traverse__` gets `&self`, and nothing that is attached.
//!
//! ```
//! use pyo3::prelude::*;
//! use pyo3::{PyTraverseError, PyVisit};
//!
//! #[pyclass]
//! struct Topic(Option<Py<PyAny>>);
//!
//! #[pymethods]
//! impl Topic {
//!     fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> { visit.call(&self.0) }
//! }
//! ```
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//! use pyo3::{PyTraverseError, PyVisit};
//!
//! #[pyclass]
//! struct Topic(Option<Py<PyAny>>);
//!
//! #[pymethods]
//! impl Topic {
//!     fn __traverse__(slf: PyRef<'_, Self>, visit: PyVisit<'_>) -> Result<(), PyTraverseError> { visit.call(&slf.0) }
//! }
//! ```
//!
//! `enums.md`: beside variants with data there is none without brackets, and no enum has a base or subclasses.
//!
//! ```
//! #[pyo3::pyclass]
//! enum Treatment { Dose { milligrams: u32 }, Rest() }
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass]
//! enum Treatment { Dose { milligrams: u32 }, Rest }
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(subclass)]
//! enum Urgency { Minor, Immediate }
//! ```
//!
//! `inheritance.md`: `#[new]` makes the part of the base, too, and not by a tuple.
//!
//! ```
//! use pyo3::prelude::*;
//!
//! #[pyclass(subclass, frozen)]
//! struct Vessel;
//!
//! #[pyclass(extends = Vessel, frozen)]
//! struct Ferry;
//!
//! #[pymethods]
//! impl Ferry {
//!     #[new]
//!     fn new() -> PyClassInitializer<Self> { PyClassInitializer::from(Vessel).add_subclass(Self) }
//! }
//! ```
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//!
//! #[pyclass(subclass, frozen)]
//! struct Vessel;
//!
//! #[pyclass(extends = Vessel, frozen)]
//! struct Ferry;
//!
//! #[pymethods]
//! impl Ferry {
//!     #[new]
//!     fn new() -> Self { Self }
//! }
//! ```
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//!
//! #[deny(deprecated)]
//! mod harbour {
//!     use pyo3::prelude::*;
//!
//!     #[pyclass(subclass, frozen)]
//!     pub struct Vessel;
//!
//!     #[pyclass(extends = Vessel, frozen)]
//!     pub struct Ferry;
//!
//!     #[pymethods]
//!     impl Ferry {
//!         #[new]
//!         fn new() -> (Self, Vessel) { (Self, Vessel) }
//!     }
//! }
//! ```
//!
//! `inheritance.md`: with `abi3-py310` there is no built-in base.
//!
//! ```compile_fail
//! #[pyo3::pyclass(extends = pyo3::types::PyDict)]
//! struct Berths;
//! ```
//!
//! `callbacks.md`: a closure for Python is `Sync`.
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//! use pyo3::types::{PyCFunction, PyDict, PyTuple};
//!
//! fn alarm(py: Python<'_>) -> PyResult<Bound<'_, PyCFunction>> {
//!     let alarms = std::cell::Cell::new(0);
//!     let check = move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
//!         alarms.set(alarms.get() + 1);
//!         PyResult::Ok(alarms.get())
//!     };
//!     PyCFunction::new_closure(py, None, None, check)
//! }
//! ```
