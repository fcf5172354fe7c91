//! What can go wrong: with a call, which raises, and with a link, which is what the report is about.

use std::io;

use pyo3::PyErr;
use pyo3::exceptions::{PyRuntimeError, PyValueError};

use crate::steps::Step;

/// Why nothing is crawled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that is none.
    #[error("`{url}` is not a URL: {source}")]
    Url {
        url: String,
        source: url::ParseError,
    },
    /// A scheme such as ftp.
    #[error("`{0}` is not an http or https URL")]
    Scheme(String),
    /// A number or text that makes no sense.
    #[error("`{0}` must be {1}")]
    Option(&'static str, &'static str),
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
            Error::Url { .. } | Error::Scheme(_) | Error::Option(..) => {
                PyValueError::new_err(message)
            }
            Error::Closed | Error::Forked => PyRuntimeError::new_err(message),
        }
    }
}

/// What is wrong with a link.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A server that is too slow.
    #[error("no answer in time: {0}")]
    Late(Step),
    /// A server that can't be reached.
    #[error("can't connect: {0}")]
    Connect(#[source] io::Error),
    /// A certificate that nobody trusts, for example.
    #[error("no secure connection: {0}")]
    Secure(#[source] io::Error),
    /// A scheme that this build can't speak.
    #[error("this build can't check https")]
    NoHttps,
    /// An address that can't be put into a request.
    #[error("can't be requested: {0}")]
    Request(#[from] hyper::http::Error),
    /// An answer that breaks off, or is none.
    #[error("a bad answer: {0}")]
    Answer(#[from] hyper::Error),
    /// More than anybody wants to read.
    #[error("more than {0} bytes")]
    TooLarge(usize),
}

impl Failure {
    /// Whether it may be better next time.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Late(_) | Self::Connect(_) | Self::Answer(_))
    }
}
