//! What can go wrong with feeds, and the Python exception that it becomes.

use pyo3::PyErr;
use pyo3::exceptions::{PyTimeoutError, PyValueError};

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { price_feeds.errors, ClosedError }
pyo3::import_exception! { price_feeds.errors, HaltedError }
pyo3::import_exception! { price_feeds.errors, PriceError }

/// Everything that can go wrong with feeds.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number that is no time span, such as -1.
    #[error("{0} is not a number of seconds")]
    BadSeconds(f64),
    /// A market that no longer has a price.
    #[error("trading was halted after {quotes} quotes")]
    Halted { quotes: u64 },
    /// A feed that was too slow.
    #[error("no quote in time")]
    NoQuote,
    /// A number that no price can be, such as 0.
    #[error("{0} is not a price")]
    BadPrice(f64),
    /// A series of nothing.
    #[error("there are no prices")]
    NoPrices,
    /// Work that ended without a result.
    #[error("the work was stopped before it was done")]
    Stopped,
    /// New work for a Python that has begun to shut down.
    #[error("the interpreter is shutting down")]
    Closed,
    /// Work for threads that only the parent process has.
    #[error("the runtime was started before this process was forked; use `spawn` or `forkserver`")]
    Forked,
}

/// What this crate's functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::BadSeconds(_) => PyValueError::new_err(message),
            Error::BadPrice(_) | Error::NoPrices => PriceError::new_err(message),
            Error::Halted { .. } => HaltedError::new_err(message),
            Error::NoQuote => PyTimeoutError::new_err(message),
            Error::Stopped | Error::Closed | Error::Forked => ClosedError::new_err(message),
        }
    }
}
