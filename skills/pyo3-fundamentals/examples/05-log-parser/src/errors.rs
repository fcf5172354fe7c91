//! Mistakes become exceptions that Python shows as it shows its own syntax errors.

use pyo3::create_exception;
use pyo3::exceptions::PySyntaxError;
use pyo3::prelude::*;

use crate::Mistake;

// region: exception
create_exception!(
    log_parser,
    LogSyntaxError,
    PySyntaxError,
    "A line of a log is no entry.

Attributes:
    msg: What was expected, and what was found.
    filename: Where the text is from.
    lineno: The line, counted from 1.
    offset: The column of the first wrong character, counted from 1.
    end_offset: The column behind the last wrong character.
    text: The line."
);

/// Gives SyntaxError the arguments that it turns into its attributes.
pub fn syntax_error(mistake: Mistake, filename: &str) -> PyErr {
    let line = mistake.line;
    let place = (
        filename.to_owned(),
        line,
        mistake.column,
        mistake.text,
        line,
        mistake.end_column,
    );
    LogSyntaxError::new_err((mistake.message, place))
}
// endregion: exception
