//! The sample: which of many words is the closest to another. Put your own in its place.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::error::{Error, Result};

/// Counts the characters to insert, delete or replace (Levenshtein distance).
#[must_use]
pub fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.chars().enumerate() {
            let replaced = diagonal + usize::from(l != r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[row.len() - 1]
}

/// Find the word that is the fewest edits away from another; of several, the first.
///
/// Raises:
///     EmptyError: If there are no candidates.
#[pyfunction]
#[pyo3(signature = (word: "str", candidates: "list[str]") -> "str")]
pub fn closest(py: Python<'_>, word: &str, candidates: Vec<PyBackedStr>) -> Result<String> {
    let nearest = py.detach(|| candidates.iter().min_by_key(|text| distance(word, text)));
    nearest
        .map(ToString::to_string)
        .ok_or(Error::Empty("candidates"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_characters_not_bytes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("größe", "grösse"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
