//! Code that `references/profiling.md` shows: a slow function whose time goes elsewhere than one thinks.

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

// region: slow
/// Return the word of a list that is nearest to a misspelt one.
#[pyfunction]
#[pyo3(signature = (typo, words))]
fn nearest(typo: &str, words: Vec<PyBackedStr>) -> Option<PyBackedStr> {
    words.into_iter().min_by_key(|word| distance(typo, word))
}
// endregion: slow

/// Counts the letters that have to be changed, added or left out, of words up to 32 bytes.
#[inline(never)]
fn distance(typo: &str, word: &str) -> usize {
    let (typo, word) = (typo.as_bytes(), word.as_bytes());
    // What differs in length by more has at least that distance.
    let gap = typo.len().abs_diff(word.len());
    if gap > 2 || word.len() >= 32 {
        return gap + 32;
    }
    let mut row = [0; 33];
    for (index, cell) in row.iter_mut().enumerate() {
        *cell = index;
    }
    for (index, letter) in typo.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in word.iter().enumerate() {
            let change = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[word.len()]
}

// region: fast
/// The words of a language, taken over once.
#[pyclass(frozen)]
struct Dictionary {
    words: Vec<PyBackedStr>,
}

#[pymethods]
impl Dictionary {
    #[new]
    fn new(words: Vec<PyBackedStr>) -> Self {
        Self { words }
    }

    fn nearest(&self, typo: &str) -> Option<&PyBackedStr> {
        self.words.iter().min_by_key(|word| distance(typo, word))
    }
}
// endregion: fast

#[pymodule]
pub mod profiling {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);

    #[pymodule_export]
    use super::{Dictionary, nearest};
}
