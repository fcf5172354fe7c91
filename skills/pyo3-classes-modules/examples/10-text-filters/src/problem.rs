//! What goes wrong with a plugin, and the report of it.

use pyo3::exceptions::{PyBaseException, PyException, PyMemoryError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{PyTraverseError, PyVisit};

/// The step at which a plugin failed.
#[pyclass(eq, hash, frozen, from_py_object, rename_all = "SCREAMING_SNAKE_CASE")]
#[pyo3(module = "text_filters")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Another filter has the name already.
    Duplicate,
    /// Its module or its object could not be imported.
    Import,
    /// Its class could not be called without arguments.
    Constructor,
    /// Its version of the contract is missing, too old or too new.
    Version,
    /// It has no `apply` method.
    Contract,
    /// `apply` raised an exception.
    Apply,
    /// `apply` returned something other than text.
    Result,
}

/// Why a filter could not be loaded or applied.
#[derive(Debug)]
pub struct Failure {
    /// The step at which it failed.
    pub reason: Reason,
    /// What was raised.
    pub error: PyErr,
}

impl Failure {
    /// Says what was raised, and when.
    pub fn new(reason: Reason, error: impl Into<PyErr>) -> Self {
        let error = error.into();
        Self { reason, error }
    }

    // region: fault
    /// Whether it is the plugin's own fault, and to be reported.
    ///
    /// Anything but an `Exception` is meant for the program, not the plugin: Ctrl-C, `sys.exit` in a signal handler, the close of a
    /// generator, a test that is over. A panic is an exception: it is a fault, but no `Exception`, and each extension
    /// has a class of its own for it. And a process that is out of memory can't go on.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        Python::attach(|py| {
            if self.error.is_instance_of::<PyMemoryError>(py) {
                return false;
            }
            self.error.is_instance_of::<PyException>(py) || is_panic(&self.error.get_type(py))
        })
    }
    // endregion: fault
}

fn is_panic(class: &Bound<'_, PyType>) -> bool {
    let name = class.fully_qualified_name();
    name.is_ok_and(|name| name == "pyo3_runtime.PanicException")
}

/// The report of a plugin that was skipped.
///
/// Attributes:
///     plugin: The plugin's name.
///     distribution: The installed distribution that it comes from, if it was found by one.
///     reason: The step at which it failed.
///     exception: What was raised, with its traceback.
#[pyclass(frozen, get_all)]
#[pyo3(module = "text_filters")]
pub struct Problem {
    plugin: String,
    distribution: Option<String>,
    reason: Reason,
    exception: Py<PyBaseException>,
}

impl Problem {
    pub(crate) fn report(
        py: Python<'_>,
        plugin: &str,
        distribution: Option<String>,
        failure: Failure,
    ) -> Self {
        Self {
            plugin: plugin.to_owned(),
            distribution,
            reason: failure.reason,
            exception: failure.error.into_value(py),
        }
    }
}

#[pymethods]
impl Problem {
    #[new]
    fn new(
        plugin: String,
        distribution: Option<String>,
        reason: Reason,
        exception: Py<PyBaseException>,
    ) -> Self {
        Self {
            plugin,
            distribution,
            reason,
            exception,
        }
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let reason = format!("{:?}", self.reason).to_uppercase();
        let exception = self.exception.bind(py).repr()?;
        Ok(format!(
            "<Problem {reason} in {:?}: {exception}>",
            self.plugin
        ))
    }

    // A traceback leads to the frames that called the plugin, and from there back to the report.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exception)
    }
}

#[cfg(test)]
mod tests {
    use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit, PyValueError};
    use pyo3::panic::PanicException;

    use super::*;

    #[test]
    fn exceptions_and_panics_are_faults_and_nothing_else() {
        Python::initialize();
        let is_fault = |error: PyErr| Failure::new(Reason::Apply, error).is_fault();
        assert!(is_fault(PyValueError::new_err("no")));
        assert!(is_fault(PanicException::new_err("index out of bounds")));
        assert!(!is_fault(PyKeyboardInterrupt::new_err(())));
        assert!(!is_fault(PySystemExit::new_err(0)));
        assert!(!is_fault(PyMemoryError::new_err(())));
    }
}
