//! What the program tells its user.

use std::path::PathBuf;

use pyo3::PyErr;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{}` can't be read: {source}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("`{}`, line {line}: {reason}", path.display())]
    Order {
        path: PathBuf,
        line: usize,
        reason: String,
    },
    #[error("there is no rule in `{}`", .0.display())]
    NoRules(PathBuf),
    #[error("`{}` is missing: unpack the whole archive again", .0.display())]
    Incomplete(PathBuf),
    #[error("the price can't be printed: {0}")]
    Print(#[source] std::io::Error),
    #[error("Python can't be started: {0}")]
    Start(String),
    /// Its text is the traceback, with the script's lines.
    #[error("a rule failed\n{text}")]
    Rule { text: String, source: PyErr },
    #[error(transparent)]
    Python(#[from] PyErr),
}
