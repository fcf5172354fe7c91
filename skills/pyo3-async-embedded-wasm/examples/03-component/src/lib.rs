//! What a script in the sandbox may call: the edit distance, in Rust.

use pyo3::prelude::*;

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

/// What is refused, because comparing it would take long.
const LONGEST: usize = 1000;

/// Why two words are not compared.
#[derive(Debug, thiserror::Error)]
#[error("words have at most {LONGEST} bytes, and one has {0}")]
pub struct TooLong(usize);

impl From<TooLong> for PyErr {
    fn from(error: TooLong) -> Self {
        TooLongError::new_err(error.to_string())
    }
}

pyo3::import_exception! { component.errors, TooLongError }

/// Count the edits that turn one word into another (Levenshtein distance).
///
/// Args:
///     left: The word to start from.
///     right: The word to arrive at.
///
/// Returns:
///     The number of characters to insert, delete or substitute; 0 for equal words.
///
/// Raises:
///     TooLongError: If a word has more than 1000 bytes.
#[pyfunction]
#[pyo3(signature = (left, right, /))]
fn edit_distance(left: &str, right: &str) -> Result<usize, TooLong> {
    let longest = left.len().max(right.len());
    if longest > LONGEST {
        return Err(TooLong(longest));
    }
    Ok(levenshtein(left, right))
}

#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::edit_distance;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits_in_characters() {
        for (left, right, edits) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(levenshtein(left, right), edits);
        }
    }
}
