//! Code shown in `references/free-threading.md`.

#[pyo3::pymodule]
pub mod free_threading {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Mutex, OnceLock};

    use pyo3::exceptions::PyRuntimeError;
    use pyo3::intern;
    use pyo3::prelude::*;
    use pyo3::sync::{MutexExt, OnceLockExt};

    // region: probe
    /// Say whether the GIL is in force now.
    #[pyfunction]
    fn is_gil_enabled(py: Python<'_>) -> PyResult<bool> {
        let sys = py.import("sys")?;
        match sys.getattr_opt(intern!(py, "_is_gil_enabled"))? {
            Some(function) => function.call0()?.extract(),
            None => Ok(true), // before Python 3.13
        }
    }
    // endregion: probe

    // region: mutable
    /// Counts visitors; two threads at a time are an error.
    #[pyclass]
    #[derive(Default)]
    struct Gate {
        visitors: u64,
    }

    #[pymethods]
    impl Gate {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// Let visitors in, and call something before they are counted.
        #[pyo3(signature = (count, announce))]
        fn admit(&mut self, count: u64, announce: &Bound<'_, PyAny>) -> PyResult<u64> {
            announce.call1((count,))?;
            self.visitors += count;
            Ok(self.visitors)
        }
    }
    // endregion: mutable

    // region: atomic
    /// Counts visitors, at any number of doors.
    #[pyclass(frozen)]
    #[derive(Default)]
    struct Turnstile {
        visitors: AtomicU64,
    }

    #[pymethods]
    impl Turnstile {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// Let a visitor in, and return the visitor's number.
        fn enter(&self) -> u64 {
            self.visitors.fetch_add(1, Ordering::Relaxed) + 1
        }
    }
    // endregion: atomic

    // region: mutex
    /// What visitors wrote, with the objects that they left.
    #[pyclass(frozen)]
    #[derive(Default)]
    struct Guestbook {
        entries: Mutex<Vec<(String, Py<PyAny>)>>,
    }

    #[pymethods]
    impl Guestbook {
        #[new]
        fn new() -> Self {
            Self::default()
        }

        /// Write a line, and return how many there are.
        #[pyo3(signature = (line, gift))]
        fn write(&self, py: Python<'_>, line: String, gift: Py<PyAny>) -> PyResult<usize> {
            let mut entries = self
                .entries
                .lock_py_attached(py)
                .map_err(|_| PyRuntimeError::new_err("the guestbook is unusable after a panic"))?;
            entries.push((line, gift));
            Ok(entries.len())
        }
    }
    // endregion: mutex

    // region: once
    static SQUARES: OnceLock<Vec<u64>> = OnceLock::new();

    /// Return a square from a table that the first caller computes.
    #[pyfunction]
    #[pyo3(signature = (number))]
    fn square(py: Python<'_>, number: usize) -> Option<u64> {
        let table = SQUARES.get_or_init_py_attached(py, || (0..1000).map(|n| n * n).collect());
        table.get(number).copied()
    }
    // endregion: once
}
