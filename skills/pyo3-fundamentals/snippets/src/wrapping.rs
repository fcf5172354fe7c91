//! Code shown in `references/wrapping.md`: the crate `regex-lite` as a Python class.

use std::sync::{Mutex, PoisonError};

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use regex_lite::{Regex, RegexBuilder};

// region: error
create_exception!(
    fundamentals_snippets,
    PatternError,
    PyValueError,
    "A pattern that is not valid."
);

/// The crate's error in a type of our own: only for such a type can we write `From`.
struct InvalidPattern(regex_lite::Error);

impl From<regex_lite::Error> for InvalidPattern {
    fn from(error: regex_lite::Error) -> Self {
        Self(error)
    }
}

impl From<InvalidPattern> for PyErr {
    fn from(InvalidPattern(error): InvalidPattern) -> Self {
        PatternError::new_err(error.to_string())
    }
}
// endregion: error

/// A compiled pattern.
///
/// Args:
///     pattern: A regular expression in the syntax of the crate `regex-lite`.
///     ignore_case: Let capital and small letters match each other.
///     size_limit: How many bytes of memory the compiled pattern may take.
#[pyclass(frozen)]
struct Pattern {
    regex: Regex,
}

#[pymethods]
impl Pattern {
    // region: builder
    #[new]
    #[pyo3(signature = (pattern, *, ignore_case = false, size_limit = 1_000_000))]
    fn new(pattern: &str, ignore_case: bool, size_limit: usize) -> Result<Self, InvalidPattern> {
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(ignore_case)
            .size_limit(size_limit)
            .build()?;
        Ok(Self { regex })
    }
    // endregion: builder

    // region: call
    /// Whether a text contains a match.
    #[pyo3(signature = (text, /))]
    fn is_match(&self, py: Python<'_>, text: &str) -> bool {
        py.detach(|| self.regex.is_match(text))
    }
    // endregion: call

    /// Iterate over the matches in a text, from left to right.
    #[pyo3(signature = (text, /))]
    fn find_iter(&self, text: PyBackedStr) -> Matches {
        Matches {
            regex: self.regex.clone(),
            text,
            next: Mutex::new(Some(0)),
        }
    }

    fn __repr__(&self) -> String {
        format!("Pattern({:?})", self.regex.as_str())
    }
}

// region: lifetime
/// What `Regex::find_iter` returns borrows the pattern and the text. This owns both, and a position.
#[pyclass(frozen)]
struct Matches {
    // A clone shares the compiled pattern.
    regex: Regex,
    text: PyBackedStr,
    next: Mutex<Option<usize>>,
}

#[pymethods]
impl Matches {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self) -> Option<&str> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.regex.find_at(&self.text, (*next)?);
        *next = found.and_then(|found| after(&self.text, found.start(), found.end()));
        Some(found?.as_str())
    }
}
// endregion: lifetime

/// Returns where to search after a match: an empty match would be found again at its own end.
fn after(text: &str, start: usize, end: usize) -> Option<usize> {
    if start < end {
        return Some(end);
    }
    let character = text[end..].chars().next()?;
    Some(end + character.len_utf8())
}

#[pymodule]
pub mod wrapping {
    #[pymodule_export]
    use super::{Matches, Pattern, PatternError};
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn the_search_goes_on_after_the_match() {
        assert_eq!(after("née", 0, 1), Some(1));
        assert_eq!(after("née", 1, 1), Some(3));
        assert_eq!(after("née", 4, 4), None);
    }
}
