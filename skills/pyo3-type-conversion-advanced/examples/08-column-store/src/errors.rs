//! What can go wrong with a store, and the Python exception that it becomes.

use std::io;

use pyo3::PyErr;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { column_store.errors, StoreFileError }
pyo3::import_exception! { column_store.errors, StoreTypeError }
pyo3::import_exception! { column_store.errors, StoreValueError }

/// Everything that can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file is not a column store")]
    NotAStore,
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    #[error("the file is for processors that store the lowest byte first")]
    ByteOrder,
    #[error(
        "column `{name}` has the format `{format}` in {dimensions} dimension(s); expected one dimension of {EXPECTED}"
    )]
    Format {
        name: String,
        format: String,
        dimensions: usize,
    },
    #[error("column `{name}` has {found} rows, and the first one has {expected}")]
    Rows {
        name: String,
        found: usize,
        expected: usize,
    },
    #[error("a store has from 1 to 65535 columns, not {0}")]
    Count(usize),
    #[error("the name of a column has from 1 to 255 bytes, not {0}")]
    Name(usize),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Python(#[from] PyErr),
}

const EXPECTED: &str = "int32, int64, float32, float64 or uint8";

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotAStore | Error::Damaged(_) | Error::ByteOrder => {
                StoreFileError::new_err(message)
            }
            Error::Format { .. } => StoreTypeError::new_err(message),
            Error::Rows { .. } | Error::Count(_) | Error::Name(_) => {
                StoreValueError::new_err(message)
            }
            Error::Io(error) => error.into(),
            Error::Python(error) => error,
        }
    }
}
