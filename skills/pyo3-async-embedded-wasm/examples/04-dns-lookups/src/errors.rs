//! What can go wrong with lookups, and the Python exception that it becomes.

use std::io;

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

// Written in Python, where an exception can have two bases.
pyo3::import_exception! { dns_lookups.errors, ClosedError }
pyo3::import_exception! { dns_lookups.errors, NameNotFoundError }
pyo3::import_exception! { dns_lookups.errors, NoReplyError }
pyo3::import_exception! { dns_lookups.errors, ServerError }

/// Everything that can go wrong with lookups.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A text that no host name can be.
    #[error("`{0}` is not a host name")]
    BadName(String),
    /// A number that is no time span above 0.
    #[error("{0} is not a number of seconds above 0")]
    BadSeconds(f64),
    /// A server that knows that there is no such host.
    #[error("there is no host `{0}`")]
    NoSuchName(String),
    /// A host without an address of the kind.
    #[error("`{0}` has no such address")]
    NoAddress(String),
    /// A server that is not there, or too slow.
    #[error("no reply to {0} questions")]
    NoReply(u32),
    /// A server that can't or won't.
    #[error("the server failed with code {0}")]
    Refused(u8),
    /// A reply that does not fit into a datagram.
    #[error("the reply is too long for UDP")]
    Truncated,
    /// A reply that ends too early.
    #[error("the reply is malformed")]
    Malformed,
    /// What the system says about the socket.
    #[error(transparent)]
    Io(#[from] io::Error),
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
            Error::BadName(_) | Error::BadSeconds(_) => PyValueError::new_err(message),
            Error::NoSuchName(_) | Error::NoAddress(_) => NameNotFoundError::new_err(message),
            Error::NoReply(_) => NoReplyError::new_err(message),
            Error::Refused(_) | Error::Truncated | Error::Malformed => {
                ServerError::new_err(message)
            }
            Error::Io(error) => error.into(),
            Error::Closed | Error::Forked => ClosedError::new_err(message),
        }
    }
}
