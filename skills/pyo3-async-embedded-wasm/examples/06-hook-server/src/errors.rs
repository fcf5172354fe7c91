//! What can go wrong for the program around the server. What is wrong with a request is a status.

use std::io;

use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number that makes no sense.
    #[error("`{0}` must be {1}")]
    Option(&'static str, &'static str),
    /// A secret that is none; it is not shown.
    #[error("a secret must be `whsec_` and 24 to 64 bytes in base64")]
    Secret,
    /// A server without a secret would let everybody in, or nobody.
    #[error("a server needs a secret")]
    NoSecret,
    /// A path that no request has, or another handler.
    #[error("`{0}` must begin with `/`, and can have one handler")]
    Path(String),
    /// A server that runs already, or does no more.
    #[error("a server can be started once, and takes its handlers before")]
    Started,
    /// An address that can't be had.
    #[error(transparent)]
    Listen(#[from] io::Error),
    /// New work for a Python that has begun to shut down.
    #[error("the interpreter is shutting down")]
    Closed,
    /// Work for threads that only the parent process has.
    #[error("the runtime was started before this process was forked; use `spawn` or `forkserver`")]
    Forked,
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        match error {
            Error::Option(..) | Error::Secret | Error::NoSecret | Error::Path(_) => {
                PyValueError::new_err(message)
            }
            Error::Listen(error) => error.into(),
            Error::Started | Error::Closed | Error::Forked => PyRuntimeError::new_err(message),
        }
    }
}
