//! What the chapters say that PyO3 refuses, as examples that must not compile; `cargo test --doc` tries each.
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
