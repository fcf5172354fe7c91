//! How far two words are apart, and which of many is the closest. No Python in here.

use crate::errors::{Error, Result};

/// After so many characters compared, Python is asked whether to go on: some milliseconds.
const BETWEEN_CHECKS: usize = 1 << 20;

/// Counts the insertions, deletions and substitutions of characters that turn `left` into `right`.
///
/// # Errors
///
/// That of `check`, which is called now and then.
pub fn levenshtein(
    left: &str,
    right: &str,
    mut check: impl FnMut() -> Result<()>,
) -> Result<usize> {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    let mut compared = 0;
    for (i, l) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let substitution = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
        compared += right.len();
        if compared > BETWEEN_CHECKS {
            check()?;
            compared = 0;
        }
    }
    Ok(row[right.len()])
}

/// Finds the first candidate with the smallest distance to `word`.
///
/// # Errors
///
/// [`Error::NoCandidates`] if there is none, and that of `check`.
pub fn nearest<'a, S: AsRef<str>>(
    word: &str,
    candidates: &'a [S],
    mut check: impl FnMut() -> Result<()>,
) -> Result<&'a S> {
    let mut best = None;
    for candidate in candidates {
        let distance = levenshtein(word, candidate.as_ref(), &mut check)?;
        if best.is_none_or(|(smallest, _)| distance < smallest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
        .ok_or(Error::NoCandidates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_on() -> Result<()> {
        Ok(())
    }

    #[test]
    fn distance_counts_edits_in_characters() {
        for (left, right, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("größe", "grösse", 2),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(levenshtein(left, right, go_on).unwrap(), edits);
            assert_eq!(levenshtein(right, left, go_on).unwrap(), edits);
        }
    }

    #[test]
    fn the_first_of_equals_is_the_nearest() {
        assert_eq!(
            *nearest("hat", &["bat", "cat", "rat"], go_on).unwrap(),
            "bat"
        );
    }

    #[test]
    fn nothing_to_choose_from_is_an_error() {
        let nothing: [&str; 0] = [];
        let error = nearest("hat", &nothing, go_on);
        assert!(matches!(error, Err(Error::NoCandidates)));
    }

    #[test]
    fn long_words_can_be_given_up() {
        let long = "x".repeat(3000);
        let error = levenshtein(&long, &long, || Err(Error::NoCandidates));
        assert!(error.is_err());
    }
}
