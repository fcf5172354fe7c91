//! What can go wrong, and the Python exception that it becomes.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { photo_filters.errors, PhotoError }

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such filter.
    #[error("there is no filter {0:?}")]
    UnknownFilter(String),
    /// A filter does not take this amount.
    #[error("{name} takes an amount from {least} to {most}, not {amount}")]
    Amount {
        name: &'static str,
        least: f64,
        most: f64,
        amount: f64,
    },
    /// The pixels are not as many as width and height say.
    #[error("{width} x {height} pixels have {expected} bytes, not {actual}")]
    Size {
        width: u32,
        height: u32,
        expected: u64,
        actual: usize,
    },
    /// The image has more pixels than fit into a browser's memory several times.
    #[error("the image has {0} million pixels, and {most} million is the limit", most = crate::photo::LIMIT / 1_000_000)]
    TooLarge(u64),
    /// The file is no PNG, or damaged.
    #[error("the PNG file can't be read: {0}")]
    Decode(#[from] png::DecodingError),
    /// The PNG file can't be written.
    #[error("the PNG file can't be written: {0}")]
    Encode(#[from] png::EncodingError),
    /// Python wants to stop, as after Ctrl-C.
    #[error(transparent)]
    Python(#[from] PyErr),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        match error {
            Error::Python(error) => error,
            Error::UnknownFilter(_) | Error::Amount { .. } | Error::Size { .. } => {
                PyValueError::new_err(error.to_string())
            }
            _ => PhotoError::new_err(error.to_string()),
        }
    }
}
