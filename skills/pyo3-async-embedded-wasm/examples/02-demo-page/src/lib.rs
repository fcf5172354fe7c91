//! The closest of many words, for Python; built for the browser, too.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use errors::Result;

pub mod distance;
pub mod errors;

/// Lets Ctrl-C and other signals in.
fn check() -> Result<()> {
    Ok(Python::attach(|py| py.check_signals())?)
}

/// Count the edits that turn one word into another (Levenshtein distance).
///
/// Args:
///     left: The word to start from.
///     right: The word to arrive at.
///
/// Returns:
///     The number of characters to insert, delete or substitute; 0 for equal words.
#[pyfunction]
#[pyo3(signature = (left, right, /))]
fn edit_distance(py: Python<'_>, left: &str, right: &str) -> Result<usize> {
    py.detach(|| distance::levenshtein(left, right, check))
}

/// Find the candidate that is the fewest edits away from a word.
///
/// Args:
///     word: The word to look for.
///     candidates: The words to choose from.
///
/// Returns:
///     The closest candidate; of several equally close ones the first.
///
/// Raises:
///     NoCandidatesError: If there are no candidates.
#[pyfunction]
fn closest(py: Python<'_>, word: &str, candidates: Vec<PyBackedStr>) -> Result<PyBackedStr> {
    let nearest = py.detach(|| distance::nearest(word, &candidates, check))?;
    Ok(nearest.clone_ref(py))
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::{closest, edit_distance};
}
