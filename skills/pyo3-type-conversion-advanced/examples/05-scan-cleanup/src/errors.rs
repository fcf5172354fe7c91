//! What can be wrong with an image, and the Python exception that it becomes.

use numpy::BorrowError;
use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};

/// What can be wrong with an image, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Pixels of another type.
    #[error(
        "expected pixels of uint8, uint16 or float32 in this machine's byte order, found `{0}`"
    )]
    Pixels(String),
    /// An array that is no image.
    #[error(
        "expected an image of shape (rows, columns) or (rows, columns, 1 to 4 channels), found {0:?}"
    )]
    Shape(Vec<usize>),
    /// An array that is read-only.
    #[error("the image can't be changed: {0}")]
    Borrow(#[from] BorrowError),
    /// Pixels that are each other's memory.
    #[error("the image can't be changed: its pixels overlap")]
    Overlapping,
    /// Levels that are none.
    #[error(
        "the black point is {black} and the white point {white}: expected finite numbers in this order"
    )]
    Levels { black: f64, white: f64 },
    /// Rows that don't fit into memory.
    #[error("there is no memory for a row of {0} samples")]
    Memory(usize),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Pixels(_) | Error::Borrow(_) | Error::Overlapping => {
                PyTypeError::new_err(message)
            }
            Error::Shape(_) | Error::Levels { .. } => PyValueError::new_err(message),
            Error::Memory(_) => PyMemoryError::new_err(message),
        }
    }
}
