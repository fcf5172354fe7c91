//! Errors as the package's own exception.

use pyo3::prelude::*;

// Written in Python, where an exception can have fields and still be pickled.
pyo3::import_exception! { router_config.errors, ConfigError }

// region: explain
/// Makes one exception of a chain of causes: derived code says which field, and a list which item, each in one of its own.
pub fn explain(py: Python<'_>, error: PyErr) -> PyErr {
    let mut place = error.value(py).to_string();
    let mut last = error.cause(py);
    while let Some(cause) = last {
        place = format!("{place}: {}", cause.value(py));
        last = cause.cause(py);
    }
    let explained = ConfigError::new_err((vec![place],));
    explained.set_cause(py, Some(error));
    explained
}
// endregion: explain

/// Makes an exception of everything that is wrong with what a configuration says.
pub fn refuse(problems: Vec<String>) -> PyErr {
    ConfigError::new_err((problems,))
}
