//! What can be wrong with an array, and the Python exception that it becomes.

use numpy::BorrowError;
use pyo3::PyErr;
use pyo3::exceptions::PyOverflowError;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { sensor_arrays.errors, ReadingTypeError }
pyo3::import_exception! { sensor_arrays.errors, ReadingValueError }

/// What can be wrong with an array, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A statistic of nothing.
    #[error("there are no readings")]
    NoReadings,
    /// A reading that would scale all others to zero.
    #[error("a reading is infinite")]
    InfiniteReading,
    /// An array of the wrong element type.
    #[error("expected an array of {expected}, found `{found}`")]
    ElementType { expected: String, found: String },
    /// An array that is read-only.
    #[error("the array can't be written to: {0}")]
    Borrow(#[from] BorrowError),
    /// Elements where no Rust reference may point to.
    #[error("the array can't be written to: its elements are not aligned")]
    NotAligned,
    /// Elements that are each other's memory.
    #[error("the array can't be written to: its elements overlap")]
    Overlapping,
    /// An array of the wrong dimensionality.
    #[error("expected an array with {expected} dimension(s), found {found}")]
    Dimensions { expected: usize, found: usize },
    /// An axis that an array doesn't have.
    #[error("axis {axis} is out of bounds for an array with {dimensions} dimension(s)")]
    Axis { axis: isize, dimensions: usize },
    /// A window that doesn't fit.
    #[error("the window is {window}, and must be from 1 to the number of readings, {length}")]
    Window { window: isize, length: usize },
    /// Arrays that should have one shape.
    #[error("the shapes differ: {signal:?} and {target:?}")]
    Shapes {
        signal: Vec<usize>,
        target: Vec<usize>,
    },
    /// An integer total that needs more than 64 bits.
    #[error("the total is too large for 64 bits")]
    Overflow,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::ElementType { .. }
            | Error::Borrow(_)
            | Error::NotAligned
            | Error::Overlapping => ReadingTypeError::new_err(message),
            Error::NoReadings
            | Error::InfiniteReading
            | Error::Dimensions { .. }
            | Error::Axis { .. }
            | Error::Window { .. }
            | Error::Shapes { .. } => ReadingValueError::new_err(message),
            Error::Overflow => PyOverflowError::new_err(message),
        }
    }
}
