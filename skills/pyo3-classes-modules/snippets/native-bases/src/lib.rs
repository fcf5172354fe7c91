//! Classes that extend built-in ones, shown in `references/inheritance.md`.

#[pyo3::pymodule]
mod native_bases {
    use pyo3::exceptions::PyOSError;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyTuple};

    // region: exception
    /// A berth is too small for a vessel.
    #[pyclass(extends = PyValueError, subclass, frozen, get_all, module = "native_bases")]
    struct BerthError {
        berth: String,
        metres: u32,
    }

    #[pymethods]
    impl BerthError {
        // Python itself puts what the class is called with into `args`.
        #[new]
        fn new(berth: String, metres: u32) -> Self {
            Self { berth, metres }
        }

        fn __str__(&self) -> String {
            format!("berth {} has {} metres", self.berth, self.metres)
        }
    }

    /// Finds a berth that is long enough.
    #[pyfunction]
    fn assign(py: Python<'_>, metres: u32) -> PyResult<&'static str> {
        if metres <= 120 {
            return Ok("B2");
        }
        let class = py.get_type::<BerthError>();
        Err(PyErr::from_type(class, ("B2", 120)))
    }
    // endregion: exception

    /// The same, as an object that Rust makes.
    #[pyfunction]
    fn refuse(py: Python<'_>) -> PyResult<()> {
        let error = Py::new(py, BerthError::new("B2".into(), 120))?;
        Err(PyErr::from_value(error.into_bound(py).into_any()))
    }

    /// The berths of a harbour, by name; a name is written in capitals.
    #[pyclass(extends = PyDict)]
    struct Berths {
        reads: usize,
    }

    #[pymethods]
    impl Berths {
        // `dict.__new__` ignores what it gets, and `dict.__init__` fills the dict.
        #[new]
        #[pyo3(signature = (*_args, **_kwargs))]
        fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
            Self { reads: 0 }
        }

        fn __getitem__<'py>(
            slf: &Bound<'py, Self>,
            name: &str,
        ) -> PyResult<Option<Bound<'py, PyAny>>> {
            slf.borrow_mut().reads += 1;
            slf.cast::<PyDict>()?.get_item(name.to_uppercase())
        }

        #[getter]
        fn reads(&self) -> usize {
            self.reads
        }
    }

    /// An error with a file, as `OSError` reads its arguments.
    #[pyclass(extends = PyOSError)]
    struct ChartError;

    #[pymethods]
    impl ChartError {
        #[new]
        #[pyo3(signature = (*_args))]
        fn new(_args: &Bound<'_, PyTuple>) -> Self {
            Self
        }
    }
}
