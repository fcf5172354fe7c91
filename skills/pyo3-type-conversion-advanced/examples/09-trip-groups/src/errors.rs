//! What can be wrong with a table, and the Python exception that it becomes.

use arrow::error::ArrowError;
use pyo3::PyErr;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { trip_groups.errors, TripStreamError }
pyo3::import_exception! { trip_groups.errors, TripTypeError }
pyo3::import_exception! { trip_groups.errors, TripValueError }

/// What can be wrong with a table, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Values of one type, such as a pyarrow array of numbers.
    #[error("expected a table, found a column of type {0}")]
    NotATable(String),
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
    /// An array of structs may have rows that are null as a whole; a table has none.
    #[error("{0} row(s) are null as a whole")]
    NullRows(usize),
    /// A dictionary that lacks a value.
    #[error("column `{name}` refers to value {code} of a dictionary that has {length}")]
    OutsideDictionary {
        name: String,
        code: i64,
        length: usize,
    },
    /// Text that Rust can't take as such.
    #[error("column `{0}` has text that is not UTF-8")]
    NotUtf8(String),
    /// More groups than the caller wants to have in memory.
    #[error("there are more than {0} groups")]
    TooManyGroups(usize),
    /// What the other side of the stream reports.
    #[error("reading the stream failed: {0}")]
    Stream(String),
    /// What a signal handler raised, Ctrl-C for one.
    #[error(transparent)]
    Interrupted(#[from] PyErr),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        Self::Stream(error.to_string())
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::NotATable(_) | Error::ColumnType { .. } => TripTypeError::new_err(message),
            Error::NoColumn(_)
            | Error::Ambiguous { .. }
            | Error::NullRows(_)
            | Error::OutsideDictionary { .. }
            | Error::NotUtf8(_)
            | Error::TooManyGroups(_) => TripValueError::new_err(message),
            Error::Stream(_) => TripStreamError::new_err(message),
            Error::Interrupted(error) => error,
        }
    }
}
