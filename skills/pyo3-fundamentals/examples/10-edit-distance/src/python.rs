//! The layer for Python.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::edits::{self, Edits, Scorer};

fn counted(swaps: bool) -> Edits {
    if swaps {
        Edits::WithSwaps
    } else {
        Edits::Single
    }
}

/// Count the edits that turn one text into another.
///
/// Other Python threads run meanwhile; Ctrl-C takes effect at the end.
///
/// Args:
///     left: The text to start from.
///     right: The text to arrive at.
///     swaps: Count the swap of two neighbouring characters as one edit, too.
///     cutoff: The largest number that is worth counting to.
///
/// Returns:
///     The number of characters to insert, delete or replace (and swap); None if there are more than `cutoff`.
///
/// Raises:
///     UnicodeEncodeError: If a text contains a lone surrogate.
#[pyfunction]
#[pyo3(signature = (left, right, *, swaps = false, cutoff = None))]
pub fn distance(
    py: Python<'_>,
    left: &str,
    right: &str,
    swaps: bool,
    cutoff: Option<usize>,
) -> Option<usize> {
    py.detach(|| Scorer::new(left, counted(swaps)).distance(right, cutoff))
}

// region: batch
/// Count the edits that turn a word into each of many others.
///
/// Other Python threads run meanwhile; Ctrl-C takes effect at the end.
///
/// Args:
///     word: The word to start from.
///     others: The words to arrive at.
///     swaps: Count the swap of two neighbouring characters as one edit, too.
///     cutoff: The largest number that is worth counting to.
///
/// Returns:
///     For each of the others the number of edits, or None if there are more than `cutoff`.
///
/// Raises:
///     UnicodeEncodeError: If a text contains a lone surrogate.
#[pyfunction]
#[pyo3(signature = (word, others, *, swaps = false, cutoff = None))]
pub fn distances(
    py: Python<'_>,
    word: &str,
    others: Vec<PyBackedStr>,
    swaps: bool,
    cutoff: Option<usize>,
) -> Vec<Option<usize>> {
    py.detach(|| {
        let mut scorer = Scorer::new(word, counted(swaps));
        others
            .iter()
            .map(|other| scorer.distance(other, cutoff))
            .collect()
    })
}
// endregion: batch

/// Find the candidate that is the fewest edits away from a word.
///
/// Other Python threads run meanwhile; Ctrl-C takes effect at the end.
///
/// Args:
///     word: The word to look for.
///     candidates: The words to choose from.
///     swaps: Count the swap of two neighbouring characters as one edit, too.
///     cutoff: How many edits away the candidate may be.
///
/// Returns:
///     The candidate (of several the first) and the number of edits; None if there is none.
///
/// Raises:
///     UnicodeEncodeError: If a text contains a lone surrogate.
#[pyfunction]
#[pyo3(signature = (word, candidates, *, swaps = false, cutoff = None))]
pub fn closest(
    py: Python<'_>,
    word: &str,
    candidates: Vec<PyBackedStr>,
    swaps: bool,
    cutoff: Option<usize>,
) -> Option<(PyBackedStr, usize)> {
    let found = py.detach(|| edits::closest(word, &candidates, counted(swaps), cutoff));
    found.map(|(candidate, distance)| (candidate.clone_ref(py), distance))
}
