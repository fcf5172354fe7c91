//! What can go wrong for the program around the relay. What is wrong with an event is told to its publisher.

use std::io;

use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A number that makes no sense.
    #[error("`{0}` must be {1}")]
    Option(&'static str, &'static str),
    /// An event of a hook that subscribers must not see.
    #[error("event {0} of the hook: {1}")]
    Event(usize, Rejection),
    /// An address that can't be had.
    #[error(transparent)]
    Listen(#[from] io::Error),
    /// A relay that runs already, or does no more.
    #[error("a relay can be started once")]
    Started,
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
            Error::Option(..) | Error::Event(..) => PyValueError::new_err(message),
            Error::Listen(error) => error.into(),
            Error::Started | Error::Closed | Error::Forked => PyRuntimeError::new_err(message),
        }
    }
}

/// Why an event is not relayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Text that is no JSON.
    #[error("not valid JSON")]
    Json,
    /// JSON that is no object with a topic.
    #[error("not an object with a `topic`")]
    Object,
    /// A topic that nobody could ask for.
    #[error("a topic has 1 to 200 letters, digits, dots, dashes and underscores")]
    Topic,
    /// A line that is longer than allowed.
    #[error("too long")]
    Long,
}
