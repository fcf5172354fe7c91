//! The crate behind what this package promises: its builder, its errors and its panics; nothing here knows of Python.

use std::ops::Range;
use std::str::FromStr;

use aho_corasick::{AhoCorasick, BuildError, Input, MatchError, MatchErrorKind, MatchKind};

// region: errors
/// What can go wrong, in words of this package: a caller in Python has never heard of a `MatchKind`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("term {0} is empty")]
    EmptyTerm(usize),
    #[error("`prefer` must be `any`, `first` or `longest`, not `{0}`")]
    UnknownPreference(String),
    #[error("{terms} terms need as many replacements, not {replacements}")]
    Replacements { terms: usize, replacements: usize },
    #[error("overlapping matches can't be found with `prefer` set to `first` or `longest`")]
    Overlapping,
    // What is left passes through as it is, with the crate's own message.
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Search(MatchError),
}

impl From<MatchError> for Error {
    fn from(error: MatchError) -> Self {
        match error.kind() {
            MatchErrorKind::UnsupportedOverlapping { .. } => Self::Overlapping,
            _ => Self::Search(error),
        }
    }
}
// endregion: errors

/// Which match is taken where several terms overlap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preference {
    /// The one that ends first.
    Any,
    /// Of those that begin first, the one that comes first in the list of terms.
    First,
    /// Of those that begin first, the longest.
    Longest,
}

impl FromStr for Preference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "any" => Ok(Self::Any),
            "first" => Ok(Self::First),
            "longest" => Ok(Self::Longest),
            _ => Err(Error::UnknownPreference(text.to_owned())),
        }
    }
}

impl From<Preference> for MatchKind {
    fn from(preference: Preference) -> Self {
        match preference {
            Preference::Any => Self::Standard,
            Preference::First => Self::LeftmostFirst,
            Preference::Longest => Self::LeftmostLongest,
        }
    }
}

/// A term in a text; the place is in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub term: usize,
    pub place: Range<usize>,
}

impl From<aho_corasick::Match> for Hit {
    fn from(found: aho_corasick::Match) -> Self {
        Self {
            term: found.pattern().as_usize(),
            place: found.range(),
        }
    }
}

/// The compiled terms.
#[derive(Debug)]
pub struct Searcher(AhoCorasick);

impl Searcher {
    // region: builder
    /// Compiles the terms. What is a builder in Rust is one call here: its steps are arguments.
    pub fn new(
        terms: &[impl AsRef<str>],
        preference: Preference,
        ignore_case: bool,
    ) -> Result<Self, Error> {
        let mut terms = terms.iter().map(AsRef::as_ref);
        if let Some(position) = terms.clone().position(str::is_empty) {
            return Err(Error::EmptyTerm(position));
        }
        let automaton = AhoCorasick::builder()
            .match_kind(preference.into())
            .ascii_case_insensitive(ignore_case)
            .build(terms.by_ref())?;
        Ok(Self(automaton))
    }
    // endregion: builder

    /// How many terms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.patterns_len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Finds the first match from a byte of the text on.
    pub fn find(&self, text: &str, from: usize) -> Result<Option<Hit>, Error> {
        let found = self.0.try_find(Input::new(text).range(from..))?;
        Ok(found.map(Hit::from))
    }

    /// Finds all matches, also those that overlap, in the order of their ends.
    pub fn overlapping(&self, text: &str) -> Result<Vec<Hit>, Error> {
        let matches = self.0.try_find_overlapping_iter(text)?;
        Ok(matches.map(Hit::from).collect())
    }

    // region: panic
    /// Replaces each match by the replacement of its term. The crate panics unless there is one for each.
    pub fn replace(&self, text: &str, replacements: &[impl AsRef<str>]) -> Result<String, Error> {
        if replacements.len() != self.len() {
            return Err(Error::Replacements {
                terms: self.len(),
                replacements: replacements.len(),
            });
        }
        Ok(self.0.try_replace_all(text, replacements)?)
    }
    // endregion: panic
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: [&str; 3] = ["sam", "samwise", "wise"];

    fn first(preference: Preference) -> usize {
        let searcher = Searcher::new(&TERMS, preference, false).unwrap();
        searcher.find("samwise", 0).unwrap().unwrap().term
    }

    #[test]
    fn the_preference_decides_between_terms_that_begin_together() {
        let reversed = Searcher::new(&["samwise", "sam"], Preference::First, false).unwrap();
        assert_eq!(first(Preference::Any), 0);
        assert_eq!(first(Preference::First), 0);
        assert_eq!(first(Preference::Longest), 1);
        assert_eq!(reversed.find("samwise", 0).unwrap().unwrap().term, 0);
    }

    #[test]
    fn a_search_can_be_continued() {
        let searcher = Searcher::new(&TERMS, Preference::First, false).unwrap();
        let text = "sam, wise sam";
        let (mut places, mut from) = (Vec::new(), 0);
        while let Some(hit) = searcher.find(text, from).unwrap() {
            from = hit.place.end;
            places.push(hit.place);
        }
        let expected: Vec<_> = searcher
            .0
            .find_iter(text)
            .map(|found| found.range())
            .collect();
        assert_eq!(places, expected);
    }

    #[test]
    fn what_the_crate_refuses_is_said_in_words_of_the_package() {
        let searcher = Searcher::new(&TERMS, Preference::Longest, false).unwrap();
        let error = searcher.overlapping("samwise").unwrap_err();
        assert!(matches!(error, Error::Overlapping), "{error}");
        let error = Searcher::new(&["a", ""], Preference::Any, false).unwrap_err();
        assert!(matches!(error, Error::EmptyTerm(1)), "{error}");
    }

    #[test]
    fn what_would_panic_is_an_error() {
        let searcher = Searcher::new(&TERMS, Preference::Longest, false).unwrap();
        let error = searcher.replace("samwise", &["x"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "3 terms need as many replacements, not 1"
        );
    }
}
