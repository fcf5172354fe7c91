//! What the chapters say that PyO3 refuses, as examples that must not compile; `cargo test --doc` tries each.
//!
//! A class, a function and what they need compile:
//!
//! ```
//! use pyo3::prelude::*;
//!
//! #[pyclass(frozen, from_py_object)]
//! #[derive(Clone)]
//! struct Price(u32);
//!
//! #[pyfunction]
//! #[pyo3(signature = (price, path, *, texts))]
//! fn label(price: Price, path: std::path::PathBuf, texts: Vec<pyo3::pybacked::PyBackedStr>) {}
//! ```
//!
//! `functions.md`: each parameter is in the signature.
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! #[pyo3(signature = (a))]
//! fn add(a: u32, b: u32) -> u32 { a + b }
//! ```
//!
//! `functions.md`: `async fn` needs the feature `experimental-async`.
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! async fn wait() {}
//! ```
//!
//! `text-and-bytes.md`: nothing keeps the items of a list alive.
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! fn first(texts: Vec<&str>) -> usize { texts.len() }
//! ```
//!
//! `text-and-bytes.md`: `&Path` is not a parameter; `PathBuf` and `Cow<Path>` are.
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! fn size(path: &std::path::Path) {}
//! ```
//!
//! `values.md`: of the addresses only `IpAddr` is a parameter.
//!
//! ```compile_fail
//! #[pyo3::pyfunction]
//! fn network(address: std::net::Ipv4Addr) {}
//! ```
//!
//! `types.md`: a class is a parameter by value only with `from_py_object`.
//!
//! ```compile_fail
//! #[pyo3::pyclass(frozen)]
//! #[derive(Clone)]
//! struct Price(u32);
//!
//! #[pyo3::pyfunction]
//! fn label(price: Price) {}
//! ```
//!
//! `ownership.md`: a class has no lifetime.
//!
//! ```compile_fail
//! #[pyo3::pyclass]
//! struct Window<'a>(&'a [f64]);
//! ```
//!
//! `ownership.md`: a class is `Send` and `Sync`.
//!
//! ```compile_fail
//! #[pyo3::pyclass]
//! struct Window(std::rc::Rc<[f64]>);
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass]
//! struct Window(std::cell::RefCell<Vec<f64>>);
//! ```
//!
//! `ownership.md`: `Py` has no `Clone`.
//!
//! ```compile_fail
//! fn twice(object: pyo3::Py<pyo3::PyAny>) -> [pyo3::Py<pyo3::PyAny>; 2] { [object.clone(), object] }
//! ```
//!
//! `ownership.md`: nothing that is attached goes into `detach`.
//!
//! ```compile_fail
//! use pyo3::prelude::*;
//!
//! fn length(list: &Bound<'_, pyo3::types::PyList>) -> usize { list.py().detach(|| list.len()) }
//! ```
//!
//! `modules.md`: a module's items are named one by one.
//!
//! ```compile_fail
//! mod all { #[pyo3::pyfunction] pub fn sheets() {} }
//!
//! #[pyo3::pymodule]
//! mod paper {
//!     #[pymodule_export]
//!     use super::all::*;
//! }
//! ```
//!
//! `abi3.md`: with `abi3-py310` there is no `add_note`, no buffer, and no builtin class to extend.
//!
//! ```compile_fail
//! fn note(py: pyo3::Python<'_>, error: &pyo3::PyErr) { error.add_note(py, "where").unwrap(); }
//! ```
//!
//! ```compile_fail
//! use pyo3::buffer::PyBuffer;
//! ```
//!
//! ```compile_fail
//! #[pyo3::pyclass(extends = pyo3::exceptions::PyException)]
//! struct PriceError;
//! ```
//!
//! `documentation.md`: a class has no `text_signature`; `#[new]` has one.
//!
//! ```compile_fail
//! #[pyo3::pyclass(text_signature = "(cents)")]
//! struct Price;
//! ```
