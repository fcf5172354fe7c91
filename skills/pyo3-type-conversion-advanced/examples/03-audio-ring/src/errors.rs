//! What a ring refuses, and the Python exception that it becomes.

use pyo3::PyErr;
use pyo3::exceptions::{PyBufferError, PyMemoryError, PyTypeError, PyValueError};

use crate::ring::MOST_SAMPLES;

/// What a ring refuses.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A ring of nothing, or of more than fits.
    #[error(
        "a ring of {frames} frame(s) of {channels} channel(s) is not possible: it has from 1 to {MOST_SAMPLES} samples"
    )]
    Size { frames: usize, channels: usize },
    /// More than fits into memory now.
    #[error("there is no memory for {0} samples")]
    Memory(usize),
    /// A smaller ring than what is in it.
    #[error("{unread} frame(s) are not read yet, and {frames} would not hold them")]
    Unread { unread: usize, frames: usize },
    /// More frames than there are.
    #[error("{asked} frame(s) can't be {what}: there are {there}")]
    Advance {
        asked: usize,
        what: &'static str,
        there: usize,
    },
    /// A ring that will get no more frames.
    #[error("the ring is closed")]
    Closed,
    /// A ring whose memory somebody looks at.
    #[error("the ring can't be resized: its memory is lent to {0} view(s)")]
    Lent(usize),
    /// Samples of another type.
    #[error("expected samples of float32 in this machine's byte order (format `f`), found `{0}`")]
    Format(String),
    /// Samples in another shape.
    #[error("expected frames of {channels} channel(s), found an array of shape {shape:?}")]
    Shape { channels: usize, shape: Vec<usize> },
    /// A target that must not be written to.
    #[error("the target is read-only")]
    ReadOnly,
    /// A time that is none.
    #[error("the timeout is {0}, and must be None or a number of seconds from 0 on")]
    Timeout(String),
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Lent(_) => PyBufferError::new_err(message),
            Error::Memory(_) => PyMemoryError::new_err(message),
            Error::Format(_) | Error::ReadOnly => PyTypeError::new_err(message),
            Error::Size { .. }
            | Error::Unread { .. }
            | Error::Advance { .. }
            | Error::Closed
            | Error::Shape { .. }
            | Error::Timeout(_) => PyValueError::new_err(message),
        }
    }
}
