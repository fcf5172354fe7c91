//! What can be wrong with a tensor, and the Python exception that it becomes.

use std::collections::TryReserveError;

use pyo3::PyErr;
use pyo3::exceptions::PyMemoryError;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { tensor_exchange.errors, TensorBufferError }
pyo3::import_exception! { tensor_exchange.errors, TensorTypeError }
pyo3::import_exception! { tensor_exchange.errors, TensorValueError }

/// Everything that can be wrong with a tensor, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the {role} is on the device {device:?}, not in main memory")]
    Device {
        role: &'static str,
        device: (i32, i32),
    },
    #[error("the {role} has version {major}.{minor} of DLPack; the newest supported is 1")]
    Version {
        role: &'static str,
        major: u32,
        minor: u32,
    },
    #[error("the {0} gave a capsule that is no DLPack, or was used already")]
    Capsule(&'static str),
    #[error("the {0} is read-only")]
    ReadOnly(&'static str),
    #[error("the {0} is not aligned")]
    NotAligned(&'static str),
    #[error("the {role} has elements of the type {found}, expected {expected}")]
    ElementType {
        role: &'static str,
        found: String,
        expected: &'static str,
    },
    #[error("the {role} has {found} dimension(s), expected 4: {expected}")]
    Dimensions {
        role: &'static str,
        found: i32,
        expected: &'static str,
    },
    #[error("the frames have {0} channels, expected 3")]
    Channels(usize),
    #[error("the {0} is larger than memory can be")]
    Size(&'static str),
    #[error("the target has the shape {found:?}, expected {expected:?}")]
    Shape {
        found: [usize; 4],
        expected: [usize; 4],
    },
    #[error("a mean must be a finite number, and a deviation one that is not zero")]
    Statistics,
    #[error("the tensor can't be exported: {0}")]
    Export(&'static str),
    #[error("there is no room for the tensor")]
    Memory(#[from] TryReserveError),
    #[error(transparent)]
    Python(#[from] PyErr),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Device { .. }
            | Error::Version { .. }
            | Error::Capsule(_)
            | Error::ReadOnly(_)
            | Error::NotAligned(_)
            | Error::Export(_) => TensorBufferError::new_err(message),
            Error::ElementType { .. } | Error::Dimensions { .. } => {
                TensorTypeError::new_err(message)
            }
            Error::Channels(_) | Error::Size(_) | Error::Shape { .. } | Error::Statistics => {
                TensorValueError::new_err(message)
            }
            Error::Memory(_) => PyMemoryError::new_err(message),
            Error::Python(error) => error,
        }
    }
}
