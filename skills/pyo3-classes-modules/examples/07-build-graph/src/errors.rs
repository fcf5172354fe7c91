//! What can be wrong with a graph, and the Python exception that it becomes.

use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { build_graph.errors, CycleError }
pyo3::import_exception! { build_graph.errors, DuplicateTaskError }
pyo3::import_exception! { build_graph.errors, UnknownTaskError }

/// Everything that can be wrong with a graph.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// Tasks that need each other.
    #[error("these tasks need each other: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// Two tasks of one name.
    #[error("there is a task `{0}` already")]
    Duplicate(String),
    /// A name that no task has.
    #[error("there is no task `{0}`")]
    Unknown(String),
    /// A task of another graph.
    #[error("task `{0}` is in another graph")]
    Foreign(String),
    /// A graph whose tasks the garbage collector took; only what is being collected itself can still refer to it.
    #[error("the graph was collected")]
    Collected,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Cycle(path) => CycleError::new_err((path,)),
            Error::Duplicate(_) => DuplicateTaskError::new_err(message),
            // The key alone: a KeyError prints its argument as `repr`, quotes and all.
            Error::Unknown(name) => UnknownTaskError::new_err(name),
            Error::Foreign(_) => PyValueError::new_err(message),
            Error::Collected => PyRuntimeError::new_err(message),
        }
    }
}
