//! Count the words of a text: one function of Rust that Python can call.

use std::collections::BTreeMap;

/// Counts words without regard to case; a word is a run of letters, digits and apostrophes.
#[must_use]
pub fn count(text: &str, min_length: usize) -> BTreeMap<String, usize> {
    // In the order of the words, so that equal texts give equal results, down to the order of the keys.
    let mut counts = BTreeMap::new();
    let separator = |letter: char| !(letter.is_alphanumeric() || letter == '\'');
    for word in text.split(separator) {
        if !word.is_empty() && word.chars().count() >= min_length {
            *counts.entry(word.to_lowercase()).or_insert(0) += 1;
        }
    }
    counts
}

// region: module
#[pyo3::pymodule]
mod word_count {
    use std::collections::BTreeMap;

    use pyo3::prelude::*;

    /// Count the words of a text, whatever their case.
    ///
    /// Args:
    ///     text: Any text; words are runs of letters, digits and apostrophes.
    ///     min_length: Leave out words with fewer characters.
    ///
    /// Returns:
    ///     How often each word occurs, by the word in lower case; the words are in order.
    #[pyfunction]
    #[pyo3(signature = (text, *, min_length = 1))]
    fn count_words(py: Python<'_>, text: &str, min_length: usize) -> BTreeMap<String, usize> {
        // Other Python threads run while this one counts.
        py.detach(|| crate::count(text, min_length))
    }
}
// endregion: module

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn words_are_counted_whatever_their_case() {
        let counts = count("The cat, the dog.", 1);
        assert_eq!(counts.len(), 3);
        assert_eq!(counts["the"], 2);
    }

    #[test]
    fn length_is_in_characters() {
        assert_eq!(count("né à", 2).into_keys().collect::<Vec<_>>(), ["né"]);
    }
}
