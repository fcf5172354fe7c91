//! What can be wrong with a file, and the Python exception that it becomes.

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use pyo3::PyErr;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { parquet_loads.errors, LoadTypeError }
pyo3::import_exception! { parquet_loads.errors, LoadValueError }
pyo3::import_exception! { parquet_loads.errors, ParquetFileError }

/// What can be wrong with a file, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A column that isn't there.
    #[error("there is no column `{0}`")]
    NoColumn(String),
    /// A name that says nothing.
    #[error("there are {count} columns `{name}`")]
    Ambiguous { name: String, count: usize },
    /// A column of the wrong type.
    #[error("column `{name}` has the type {found}, expected {expected}")]
    ColumnType {
        name: String,
        found: String,
        expected: &'static str,
    },
    /// A duration that makes no profile.
    #[error("`{name}` must be from one second to {days} days")]
    Duration { name: &'static str, days: u32 },
    /// More meters than the caller wants to have in memory.
    #[error("there are more than {0} meters")]
    TooManyMeters(usize),
    /// Times that are all over the calendar.
    #[error("there are more than {0} rows in the profile")]
    TooManySlots(usize),
    /// A schema that is too much for the crate.
    #[error("the schema has more than {0} parts")]
    TooManyParts(u64),
    /// What the reader of the format reports.
    #[error("{0}")]
    Parquet(String),
    /// The reader of the format met what it didn't expect.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// What a signal handler or a file object raised.
    #[error(transparent)]
    Python(#[from] PyErr),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error.to_string())
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::Parquet(error.to_string())
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::ColumnType { .. } => LoadTypeError::new_err(message),
            Error::NoColumn(_)
            | Error::Ambiguous { .. }
            | Error::Duration { .. }
            | Error::TooManyMeters(_)
            | Error::TooManySlots(_) => LoadValueError::new_err(message),
            Error::TooManyParts(_) | Error::Parquet(_) | Error::Damaged(_) => {
                ParquetFileError::new_err(message)
            }
            Error::Python(error) => error,
        }
    }
}
