//! Code shown in `references/context-managers.md`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyResourceWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

// region: resource
/// Writes what a weather station measures, line by line, to a file that is new.
///
/// Raises:
///     OSError: The file can't be created.
#[pyclass(frozen)]
struct Journal {
    // Outside of the journal there is no file: `None` once it is closed.
    file: Mutex<Option<BufWriter<File>>>,
}
// endregion: resource

impl Journal {
    fn file(&self) -> MutexGuard<'_, Option<BufWriter<File>>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Journal {
    #[new]
    fn new(path: PathBuf) -> PyResult<Self> {
        let file = BufWriter::new(File::create(path)?);
        let file = Mutex::new(Some(file));
        Ok(Self { file })
    }

    // region: use
    /// Add a line.
    ///
    /// Raises:
    ///     ValueError: The journal is closed.
    fn write(&self, py: Python<'_>, line: &str) -> PyResult<()> {
        py.detach(|| match self.file().as_mut() {
            Some(file) => Ok(writeln!(file, "{line}")?),
            None => Err(PyValueError::new_err("the journal is closed")),
        })
    }

    /// Write the rest and close the file; does nothing if it is closed.
    ///
    /// Raises:
    ///     OSError: The rest can't be written. The file is closed all the same.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| match self.file().take() {
            // Dropping it would write the rest as well, but lose the error.
            Some(mut file) => Ok(file.flush()?),
            None => Ok(()),
        })
    }

    #[getter]
    fn closed(&self) -> bool {
        self.file().is_none()
    }
    // endregion: use

    // region: manager
    fn __enter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        match slf.get().closed() {
            false => Ok(slf),
            true => Err(PyValueError::new_err("the journal is closed")),
        }
    }

    // Returns nothing, so an exception of the block goes on.
    #[pyo3(signature = (exc_type, exc, traceback, /))]
    #[expect(unused_variables, reason = "Python passes what the block raised")]
    fn __exit__(
        &self,
        py: Python<'_>,
        exc_type: &Bound<'_, PyAny>,
        exc: &Bound<'_, PyAny>,
        traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.close(py)
    }
    // endregion: manager
}

// region: drop
impl Drop for Journal {
    fn drop(&mut self) {
        if !self.closed() {
            // `None` where it is too late to attach; objects that are freed at the exit still warn.
            Python::try_attach(warn_unclosed);
        }
    }
}

fn warn_unclosed(py: Python<'_>) {
    // An object may be dropped while an exception is on its way, which a warning must not replace.
    let pending = PyErr::take(py);
    let category = py.get_type::<PyResourceWarning>();
    if let Err(error) = PyErr::warn(py, &category, c"unclosed journal", 1) {
        error.write_unraisable(py, None);
    }
    if let Some(pending) = pending {
        pending.restore(py);
    }
}
// endregion: drop

/// A valve of a weir.
#[pyclass(frozen)]
#[derive(Default)]
struct Valve {
    holds: Mutex<Vec<String>>,
}

#[pymethods]
impl Valve {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    #[getter]
    fn holds(&self) -> Vec<String> {
        lock(&self.holds).clone()
    }

    /// Keep the valve from moving during a `with` block; `faults` may be survived.
    #[pyo3(signature = (reason, *, survive = None))]
    fn held(slf: Py<Self>, reason: String, survive: Option<Py<PyAny>>) -> Hold {
        Hold {
            valve: slf,
            reason,
            survive,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `held` returns.
#[pyclass(frozen)]
struct Hold {
    valve: Py<Valve>,
    reason: String,
    survive: Option<Py<PyAny>>,
}

#[pymethods]
impl Hold {
    // region: hold
    fn __enter__(&self) {
        lock(&self.valve.get().holds).push(self.reason.clone());
    }

    /// Ends the exceptions that the caller wanted to survive, and only those.
    fn __exit__(
        &self,
        py: Python<'_>,
        _type: &Bound<'_, PyAny>,
        exception: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let mut holds = lock(&self.valve.get().holds);
        if let Some(place) = holds.iter().rposition(|reason| *reason == self.reason) {
            holds.remove(place);
        }
        drop(holds);
        match &self.survive {
            Some(class) if !exception.is_none() => exception.is_instance(class.bind(py)),
            _ => Ok(false),
        }
    }
    // endregion: hold
}

/// Ends a block with an exception that is there already, as what another thread raised would be.
#[pyclass(frozen)]
struct Handover {
    exception: Py<PyAny>,
}

#[pymethods]
impl Handover {
    #[new]
    fn new(exception: Py<PyAny>) -> Self {
        Self { exception }
    }

    fn __enter__(&self) {}

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, py: Python<'_>, _exception: &Bound<'_, PyTuple>) -> PyResult<()> {
        Err(PyErr::from_value(self.exception.bind(py).clone()))
    }
}

#[pymodule]
pub mod context_managers {
    #[pymodule_export]
    use super::{Handover, Hold, Journal, Valve};
}
