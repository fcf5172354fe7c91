//! What can be wrong with ticks, and the Python exception that it becomes.

use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyOverflowError, PyTypeError, PyValueError};

/// What can be wrong with ticks, or with what is asked of them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// An array that is no list of records.
    #[error(
        "expected an array with fields and 1 dimension, found {dimensions} dimension(s) of `{dtype}`"
    )]
    Records { dimensions: usize, dtype: String },
    /// An array that says which of its records don't count.
    #[error("the ticks are a masked array: pass those records of its `data` that count")]
    Masked,
    /// A field that isn't there.
    #[error("there is no field `{name}`: the fields are {fields}")]
    Field { name: String, fields: String },
    /// A field of another type.
    #[error("field `{name}` has elements of {expected}, found `{dtype}`")]
    FieldType {
        name: String,
        expected: &'static str,
        dtype: String,
    },
    /// A unit that is no number of nanoseconds.
    #[error("`{0}` is no unit of time with a fixed length of at least a nanosecond")]
    Unit(String),
    /// An interval that makes no bars.
    #[error("the interval is {0} ns, and must be more than 0")]
    Interval(i64),
    /// No time.
    #[error("the {0} is NaT")]
    NoTime(&'static str),
    /// A tick that can't be in a bar.
    #[error("tick {index} {problem}")]
    Tick { index: usize, problem: Problem },
    /// More than 64 bits hold.
    #[error("the {0} is beyond 64 bits")]
    Overflow(&'static str),
    /// More bars than fit into memory.
    #[error("there is no memory for more bars")]
    Memory,
}

/// Why a tick can't be in a bar.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("has no time (NaT)")]
    NoTime,
    #[error("is beyond the years 1678 to 2261, which nanoseconds reach")]
    FarTime,
    #[error("is before the one that precedes it: sort the ticks by time")]
    Order,
    #[error("has a price that is not finite")]
    Price,
    #[error("has a negative size")]
    Size,
    #[error("makes the volume of its bar larger than 64 bits")]
    Volume,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Records { .. } | Error::Masked | Error::FieldType { .. } | Error::Unit(_) => {
                PyTypeError::new_err(message)
            }
            Error::Field { .. } | Error::Interval(_) | Error::NoTime(_) => {
                PyValueError::new_err(message)
            }
            Error::Tick { problem, .. } => match problem {
                Problem::FarTime | Problem::Volume => PyOverflowError::new_err(message),
                Problem::NoTime | Problem::Order | Problem::Price | Problem::Size => {
                    PyValueError::new_err(message)
                }
            },
            Error::Overflow(_) => PyOverflowError::new_err(message),
            Error::Memory => PyMemoryError::new_err(message),
        }
    }
}
