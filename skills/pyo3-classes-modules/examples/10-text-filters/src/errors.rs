//! What a plugin can do wrong, and the Python exception that it becomes.

use pyo3::PyErr;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { text_filters.errors, ContractError }
pyo3::import_exception! { text_filters.errors, VersionError }

/// What a plugin can do wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A plugin without a part of the contract.
    #[error("the plugin has no `{0}`")]
    Lacks(&'static str),
    /// A plugin for a version of the contract that is no longer supported.
    #[error("made for version {0} of the contract, and the oldest supported is {1}")]
    TooOld(u32, u32),
    /// A plugin for a version of the contract that doesn't exist here yet.
    #[error("made for version {0} of the contract, and the newest supported is {1}")]
    TooNew(u32, u32),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Lacks(_) => ContractError::new_err(message),
            Error::TooOld(..) | Error::TooNew(..) => VersionError::new_err(message),
        }
    }
}
