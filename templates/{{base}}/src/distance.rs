//! How far two words are apart, and which of many is the closest.

use pyo3::prelude::*;

use crate::error::{Error, Result};

/// Counts the insertions, deletions and substitutions of characters that turn `left` into `right`.
#[must_use]
pub fn levenshtein(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substitution = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// Finds the first candidate with the smallest distance to `word`.
///
/// # Errors
///
/// [`Error::NoCandidates`] if there is none.
pub fn nearest<'a>(word: &str, candidates: &'a [String]) -> Result<&'a str> {
    candidates
        .iter()
        .min_by_key(|candidate| levenshtein(word, candidate))
        .map(String::as_str)
        .ok_or(Error::NoCandidates)
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
pub fn edit_distance(left: &str, right: &str) -> usize {
    levenshtein(left, right)
}

/// Find the candidate that is the fewest edits away from a word.
///
/// Other Python threads run while this one searches.
///
/// Args:
///     word: The word to look for.
///     candidates: The words to choose from.
///
/// Returns:
///     The closest candidate; of several equally close ones the first.
///
/// Raises:
///     ValueError: If there are no candidates.
#[pyfunction]
pub fn closest(py: Python<'_>, word: &str, candidates: Vec<String>) -> Result<String> {
    py.detach(|| nearest(word, &candidates).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_in_characters() {
        for (left, right, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("größe", "grösse", 2),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(levenshtein(left, right), edits, "{left} to {right}");
            assert_eq!(levenshtein(right, left), edits, "{right} to {left}");
        }
    }

    #[test]
    fn the_first_of_equals_is_the_nearest() {
        let candidates = ["bat", "cat", "rat"].map(String::from);
        assert_eq!(nearest("hat", &candidates), Ok("bat"));
    }

    #[test]
    fn nothing_to_choose_from_is_an_error() {
        assert_eq!(nearest("hat", &[]), Err(Error::NoCandidates));
    }
}
