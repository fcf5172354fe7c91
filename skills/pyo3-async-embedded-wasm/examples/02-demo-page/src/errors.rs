//! What can go wrong, and the Python exception that it becomes.

use pyo3::PyErr;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { demo_page.errors, NoCandidatesError }

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A choice was asked for where there is nothing to choose from.
    #[error("no candidates to choose from")]
    NoCandidates,
    /// Python wants to stop, as after Ctrl-C.
    #[error(transparent)]
    Python(#[from] PyErr),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::NoCandidates => NoCandidatesError::new_err(error.to_string()),
            Error::Python(error) => error,
        }
    }
}
