//! What can go wrong, and the Python exception that it becomes.

use std::collections::TryReserveError;

use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyRuntimeError, PyTypeError, PyValueError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A threshold that would compare everything with everything, or nothing.
    #[error("`threshold` must be from 0.1 to 1, not {0}")]
    Threshold(f64),
    /// A number that makes no sense.
    #[error("`{0}` must be from 1 to {1}")]
    Range(&'static str, usize),
    /// One string where many are expected.
    #[error("`texts` is a string, expected several")]
    Text,
    /// An item that is no text.
    #[error("document {number} is a `{kind}`, expected a string")]
    Document { number: usize, kind: String },
    /// More documents than a number of a document has room for.
    #[error("a corpus has up to {} documents", u32::MAX)]
    Documents,
    /// No memory for what is kept of each document.
    #[error("there is no memory for the signatures of {0} documents")]
    Memory(usize, #[source] TryReserveError),
    /// Threads that the system doesn't give.
    #[error("can't start {0} threads: {1}")]
    Threads(usize, String),
    /// What a signal handler, a callback or an iterator raised.
    #[error(transparent)]
    Python(#[from] PyErr),
    /// The work ended because another part of it failed.
    #[error("the work was cancelled")]
    Cancelled,
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Threshold(_) | Error::Range(..) => PyValueError::new_err(message),
            Error::Text | Error::Document { .. } => PyTypeError::new_err(message),
            Error::Documents => PyOverflowError::new_err(message),
            Error::Memory(..) => PyMemoryError::new_err(message),
            Error::Threads(..) | Error::Cancelled => PyRuntimeError::new_err(message),
            Error::Python(error) => error,
        }
    }
}
