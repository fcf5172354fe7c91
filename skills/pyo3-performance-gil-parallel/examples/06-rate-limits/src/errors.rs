//! What can be wrong with a limit, or with what is asked of it.

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

use crate::bucket::{HIGHEST_RATE, LONGEST};
use crate::shards::LONGEST_NAME;

/// What can be wrong with a limit, or with what is asked of it.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A rate that a clock of nanoseconds can't tell from others.
    #[error("`rate` must be a number above 0 and up to {HIGHEST_RATE} a second, not {0}")]
    Rate(f64),
    /// A bucket that holds nothing.
    #[error("`burst` must be at least 1")]
    Burst,
    /// A bucket that would take too long to fill.
    #[error("a bucket of {burst} at {rate} a second takes more than {days} days to fill", days = LONGEST / 86_400_000_000_000)]
    Slow { rate: f64, burst: u32 },
    /// A request that no bucket can ever serve.
    #[error("`cost` must be from 1 to the burst of {burst}, not {cost}")]
    Cost { cost: u32, burst: u32 },
    /// A name that takes too much memory.
    #[error("a client's name has {0} bytes, and may have up to {LONGEST_NAME}")]
    Name(usize),
    /// A limiter that could hold nobody.
    #[error("`{0}` must be from 1 to {1}")]
    Range(&'static str, usize),
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        PyValueError::new_err(error.to_string())
    }
}
