//! What can be wrong with texts.

use pyo3::PyErr;
use pyo3::exceptions::PyOverflowError;

/// What can be wrong with texts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// More than a posting has room for.
    #[error("an index holds up to {} documents", u32::MAX)]
    Documents,
    /// What a signal handler raised.
    #[error(transparent)]
    Python(#[from] PyErr),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Documents => PyOverflowError::new_err(error.to_string()),
            Error::Python(error) => error,
        }
    }
}
