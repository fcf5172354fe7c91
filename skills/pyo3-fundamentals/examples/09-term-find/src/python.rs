//! The layer for Python.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

use crate::search::{Error, Hit, Searcher};

// region: orphan
// Neither `BuildError` nor `PyErr` is ours, so Rust allows no conversion between them: hence an `Error` of our own.
impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        PyValueError::new_err(error.to_string())
    }
}
// endregion: orphan

/// A term in a text.
///
/// Attributes:
///     term: Which of the terms, counted from 0.
///     start: Its first character in the text.
///     end: The character behind its last one.
#[pyclass(
    frozen,
    eq,
    hash,
    get_all,
    module = "term_find",
    str = "{term}: {start} to {end}"
)]
#[derive(PartialEq, Eq, Hash)]
pub struct Match {
    term: usize,
    start: usize,
    end: usize,
}

#[pymethods]
impl Match {
    fn __repr__(&self) -> String {
        let Self { term, start, end } = self;
        format!("<Match term={term} start={start} end={end}>")
    }
}

/// Terms to look for in texts, all at once.
///
/// Args:
///     terms: What to look for.
///     prefer: Which match is taken where several overlap. Of those that begin first, `longest` is the longest, and
///         `first` the first in the list; `any` is the one that ends first.
///     ignore_case: Take `a` to `z` for `A` to `Z`; other letters keep their case.
///
/// Raises:
///     ValueError: If a term is empty, `prefer` is something else, or the terms need more states than there are.
#[pyclass(frozen, module = "term_find")]
pub struct Terms(Searcher);

#[pymethods]
impl Terms {
    #[new]
    #[pyo3(signature = (terms, *, prefer = "longest", ignore_case = false))]
    fn new(
        py: Python<'_>,
        terms: Vec<PyBackedStr>,
        prefer: &str,
        ignore_case: bool,
    ) -> Result<Self, Error> {
        let preference = prefer.parse()?;
        py.detach(|| Searcher::new(&terms, preference, ignore_case))
            .map(Self)
    }

    /// How many terms there are.
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// Find matches one after the other, as they are asked for; none overlaps another.
    ///
    /// Args:
    ///     text: Where to look.
    #[pyo3(signature = (text, /))]
    fn find(slf: Py<Self>, text: PyBackedStr) -> Matches {
        Matches {
            terms: slf,
            text,
            place: Mutex::default(),
        }
    }

    /// Find all matches, also those that overlap, in the order of their ends.
    ///
    /// Args:
    ///     text: Where to look.
    ///
    /// Raises:
    ///     ValueError: If `prefer` is not `any`.
    #[pyo3(signature = (text, /))]
    fn overlapping(&self, py: Python<'_>, text: PyBackedStr) -> Result<Vec<Match>, Error> {
        py.detach(|| {
            let mut place = Place::default();
            let hits = self.0.overlapping(&text)?.into_iter();
            Ok(hits.map(|hit| place.advance(&text, hit)).collect())
        })
    }

    /// Replace each match.
    ///
    /// Args:
    ///     text: Where to look.
    ///     replacements: As many texts as there are terms: each is for the term at its place.
    ///
    /// Raises:
    ///     ValueError: If there are more replacements than terms, or fewer.
    #[pyo3(signature = (text, replacements, /))]
    fn replace(
        &self,
        py: Python<'_>,
        text: PyBackedStr,
        replacements: Vec<PyBackedStr>,
    ) -> Result<String, Error> {
        py.detach(|| self.0.replace(&text, &replacements))
    }
}

// region: iterator
/// Matches, one at a time.
///
/// The crate's `FindIter<'a, 'h>` borrows the terms and the text. A class can't borrow, so this one owns a reference to
/// each, and how far it is; a search goes on from there.
#[pyclass(frozen, module = "term_find")]
pub struct Matches {
    terms: Py<Terms>,
    text: PyBackedStr,
    place: Mutex<Place>,
}

#[pymethods]
impl Matches {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self) -> Result<Option<Match>, Error> {
        let mut place = self.place.lock().unwrap_or_else(PoisonError::into_inner);
        // `get` needs no `Python<'_>` and no borrow: the class is frozen.
        let hit = self.terms.get().0.find(&self.text, place.bytes)?;
        if hit.is_none() {
            place.bytes = self.text.len();
        }
        Ok(hit.map(|hit| place.advance(&self.text, hit)))
    }
}
// endregion: iterator

// region: characters
/// How far a text has been searched. The crate counts bytes and Python characters, so they are counted along.
#[derive(Debug, Default)]
struct Place {
    bytes: usize,
    characters: usize,
}

impl Place {
    /// Goes to the end of a match.
    fn advance(&mut self, text: &str, hit: Hit) -> Match {
        let count = |part: Range<usize>| text[part].chars().count();
        self.characters += count(self.bytes..hit.place.end);
        self.bytes = hit.place.end;
        Match {
            term: hit.term,
            start: self.characters - count(hit.place),
            end: self.characters,
        }
    }
}
// endregion: characters

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_in_characters() {
        let mut place = Place::default();
        let found = place.advance(
            "né à né",
            Hit {
                term: 4,
                place: 7..10,
            },
        );
        assert_eq!((found.term, found.start, found.end), (4, 5, 7));
    }
}
