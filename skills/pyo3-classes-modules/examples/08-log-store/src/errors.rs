//! What can go wrong with a store, and the Python exception that it becomes.

use std::io;
use std::path::PathBuf;

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { log_store.errors, CorruptStoreError }
pyo3::import_exception! { log_store.errors, StoreClosedError }
pyo3::import_exception! { log_store.errors, StoreLockedError }
pyo3::import_exception! { log_store.errors, TransactionError }

/// Everything that can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the store is closed")]
    Closed,
    #[error("a write failed, and nobody knows what of it is on the disk; open the store again")]
    Broken,
    #[error("`{}` is in use by another store", .0.display())]
    Locked(PathBuf),
    #[error("`{}` is not a store", .0.display())]
    NotAStore(PathBuf),
    #[error("`{}` is damaged at byte {offset}", path.display())]
    Corrupt { path: PathBuf, offset: u64 },
    #[error("keys, values and transactions have less than 4 GiB")]
    TooLarge,
    #[error("a transaction of this thread is open already")]
    Nested,
    #[error("the transaction is not open")]
    NotOpen,
    #[error("the transaction was used before")]
    Used,
    #[error("the store was opened by another process")]
    Forked,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Closed | Error::Broken => StoreClosedError::new_err(message),
            Error::Locked(_) => StoreLockedError::new_err(message),
            Error::NotAStore(_) | Error::Corrupt { .. } => CorruptStoreError::new_err(message),
            Error::TooLarge => PyValueError::new_err(message),
            Error::Nested | Error::NotOpen | Error::Used | Error::Forked => {
                TransactionError::new_err(message)
            }
            // The class that Python has for it, such as FileNotFoundError.
            Error::Io(error) => error.into(),
        }
    }
}
