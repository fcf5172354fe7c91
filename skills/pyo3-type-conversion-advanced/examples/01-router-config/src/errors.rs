//! Errors as the package's own exception.

use std::iter::successors;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

// Written in Python, where an exception can have fields and still be pickled.
pyo3::import_exception! { router_config.errors, ConfigError }

/// More causes than derived code ever makes. What an object of a caller raised may be its own cause.
const MOST_CAUSES: usize = 20;

// region: explain
/// Makes one exception of a chain of causes: derived code says which field, and a list which item, each in one of its own.
pub fn explain(py: Python<'_>, error: PyErr) -> PyErr {
    let causes = successors(Some(error.clone_ref(py)), |last| last.cause(py));
    let causes: Vec<_> = causes.take(MOST_CAUSES).collect();
    // A `KeyboardInterrupt` is nobody's mistake in a configuration.
    let is_exception = |cause: &&PyErr| cause.is_instance_of::<PyException>(py);
    if let Some(interrupt) = causes.iter().find(|cause| !is_exception(cause)) {
        return interrupt.clone_ref(py);
    }
    let reasons = causes.iter().map(|cause| cause.value(py).to_string());
    let explained = ConfigError::new_err((vec![reasons.collect::<Vec<_>>().join(": ")],));
    explained.set_cause(py, Some(error));
    explained
}
// endregion: explain

/// Makes an exception of everything that is wrong with what a configuration says.
pub fn refuse(problems: Vec<String>) -> PyErr {
    ConfigError::new_err((problems,))
}
