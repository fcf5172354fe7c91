//! What can be wrong with a rule, and the Python exception that it becomes.

use std::error::Error as StdError;
use std::num::ParseFloatError;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

// Written in Python, where an exception can have two bases and attributes, and can be pickled by its name.
pyo3::import_exception! { alert_rules.errors, DuplicateRuleError }
pyo3::import_exception! { alert_rules.errors, MissingSampleError }
pyo3::import_exception! { alert_rules.errors, RuleSyntaxError }
pyo3::import_exception! { alert_rules.errors, ThresholdError }

/// Where something is in the text; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// What is wrong with a threshold.
#[derive(Debug, thiserror::Error)]
pub enum Threshold {
    /// Not a number at all.
    #[error("the threshold isn't a number")]
    Number(#[from] ParseFloatError),
    /// A number that is infinite once it is read.
    #[error("the threshold is too large")]
    TooLarge,
    /// A unit that doesn't exist.
    #[error("the unit isn't known")]
    Unit(#[from] UnitError),
}

/// A unit that doesn't exist.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("`{0}` is none of `ms`, `s`, `m`, `h`, `%`, `B`, `KiB`, `MiB` and `GiB`")]
pub struct UnitError(pub String);

/// Everything that can be wrong with a text of rules.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A token that has no business where it is.
    #[error("expected {expected}")]
    Syntax {
        expected: &'static str,
        place: Place,
        token: String,
    },
    /// More parentheses or `not` within each other than anybody can follow.
    #[error("nested more than {limit} deep")]
    TooDeep {
        limit: usize,
        place: Place,
        token: String,
    },
    /// A threshold that can't be read; the source says why.
    #[error("{source}")]
    Threshold {
        #[source]
        source: Threshold,
        place: Place,
        token: String,
    },
    /// Two rules of one name.
    #[error("the rule is defined already")]
    Duplicate {
        place: Place,
        name: String,
        first: usize,
    },
}

// region: convert
impl Error {
    /// Makes the exception. Its arguments are facts; the class makes the sentence of them.
    pub fn into_py_err(self, py: Python<'_>) -> PyErr {
        let problem = self.to_string();
        let cause = match &self {
            // What `problem` says is the threshold's; what is behind it is news.
            Self::Threshold { source, .. } => causes(py, source.source()),
            _ => None,
        };
        let error = match self {
            Self::Syntax { place, token, .. } | Self::TooDeep { place, token, .. } => {
                RuleSyntaxError::new_err((problem, place.line, place.column, token))
            }
            Self::Threshold { place, token, .. } => {
                ThresholdError::new_err((problem, place.line, place.column, token))
            }
            Self::Duplicate { place, name, first } => {
                DuplicateRuleError::new_err((problem, place.line, place.column, name, first))
            }
        };
        chain(py, error, cause)
    }
}

/// Turns the sources of an error into exceptions, each the `__cause__` of the one before it.
fn causes(py: Python<'_>, source: Option<&(dyn StdError + 'static)>) -> Option<PyErr> {
    let source = source?;
    let error = PyValueError::new_err(source.to_string());
    Some(chain(py, error, causes(py, source.source())))
}

fn chain(py: Python<'_>, error: PyErr, cause: Option<PyErr>) -> PyErr {
    // Not for None: that would be `raise … from None`, which hides what was handled meanwhile.
    if cause.is_some() {
        error.set_cause(py, cause);
    }
    error
}
// endregion: convert
