//! What can be wrong with what a caller passes.

use pyo3::PyErr;
use pyo3::exceptions::{PyMemoryError, PyTypeError, PyValueError};

use crate::sums::SMALLEST_CHUNK;

/// What can be wrong with data, or with what is asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A checksum that Rust doesn't know.
    #[error("`{0}` is not a checksum: expected `crc32c` or `adler32`")]
    Name(String),
    /// A value that no data has.
    #[error("{0:#x} is not an Adler-32 checksum: each half is below 65521")]
    Adler(u32),
    /// Chunks that would need as much memory for their sums as the data has.
    #[error("a chunk is {0} bytes, and must be at least {SMALLEST_CHUNK}")]
    Chunk(usize),
    /// Sums of other data.
    #[error("the data has {chunks} chunk(s) of {size} bytes, and there are {sums} sum(s)")]
    Count {
        chunks: usize,
        size: usize,
        sums: usize,
    },
    /// Elements that are addresses.
    #[error("the elements are references to Python objects (format `{0}`), not data")]
    References(String),
    /// More chunks than fit into memory.
    #[error("there is no memory for the sums of {0} chunks")]
    Memory(usize),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::References(_) => PyTypeError::new_err(message),
            Error::Memory(_) => PyMemoryError::new_err(message),
            Error::Name(_) | Error::Adler(_) | Error::Chunk(_) | Error::Count { .. } => {
                PyValueError::new_err(message)
            }
        }
    }
}
