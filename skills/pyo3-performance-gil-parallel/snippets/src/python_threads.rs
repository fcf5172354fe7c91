//! Code that `references/python-threads.md` shows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

thread_local! {
    /// Two rows of the table, which each search would otherwise allocate anew.
    static ROWS: RefCell<(Vec<usize>, Vec<usize>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Counts the letters to change, add or leave out to get from one word to another.
fn distance(from: &str, to: &str, above: &mut Vec<usize>, row: &mut Vec<usize>) -> usize {
    above.clear();
    above.extend(0..=to.chars().count());
    for (number, letter) in from.chars().enumerate() {
        row.clear();
        row.push(number + 1);
        for (place, other) in to.chars().enumerate() {
            let changed = above[place] + usize::from(letter != other);
            let least = changed.min(above[place + 1] + 1).min(row[place] + 1);
            row.push(least);
        }
        std::mem::swap(above, row);
    }
    above.last().copied().unwrap_or_default()
}

// region: lexicon
/// Words of a language. It never changes, so threads share it without a lock, and without a check.
#[pyclass(frozen)]
struct Lexicon {
    words: Vec<String>,
}

#[pymethods]
impl Lexicon {
    /// Return the word that takes the fewest changes.
    #[pyo3(signature = (word))]
    fn correct(&self, py: Python<'_>, word: &str) -> PyResult<&str> {
        py.detach(|| self.closest(word)).ok_or_else(no_words)
    }

    /// Return the same for many words: one call, and one result.
    #[pyo3(signature = (words))]
    fn correct_all(&self, py: Python<'_>, words: Vec<PyBackedStr>) -> PyResult<Vec<&str>> {
        let closest = |word: &PyBackedStr| self.closest(word).ok_or_else(no_words);
        py.detach(|| words.iter().map(closest).collect())
    }
    // endregion: lexicon

    #[new]
    fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// The same, attached.
    #[pyo3(signature = (words))]
    fn correct_all_attached(&self, words: Vec<PyBackedStr>) -> PyResult<Vec<&str>> {
        let closest = |word: &PyBackedStr| self.closest(word).ok_or_else(no_words);
        words.iter().map(closest).collect()
    }
}

// region: scratch
impl Lexicon {
    fn closest(&self, word: &str) -> Option<&str> {
        // Each thread has its own rows. Nothing in here calls Python, so the borrow can't meet itself.
        ROWS.with_borrow_mut(|(above, row)| {
            let distance = |other: &&String| distance(word, other, above, row);
            self.words.iter().min_by_key(distance).map(String::as_str)
        })
    }
}
// endregion: scratch

fn no_words() -> PyErr {
    PyValueError::new_err("the lexicon has no words")
}

// region: borrowed
/// Counts how often each correction was made. Its methods change it, so one thread at a time may borrow it.
#[pyclass]
#[derive(Default)]
struct Tally {
    counts: BTreeMap<String, u64>,
}

#[pymethods]
impl Tally {
    /// Count each of the corrections.
    #[pyo3(signature = (words))]
    fn count(&mut self, py: Python<'_>, words: Vec<PyBackedStr>) {
        py.detach(|| add(&mut self.counts, &words));
    }
    // endregion: borrowed

    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Return how often a correction was made, after a while.
    #[pyo3(signature = (word))]
    fn look_up(&self, py: Python<'_>, word: &str) -> u64 {
        py.detach(|| {
            thread::sleep(Duration::from_millis(200));
            self.counts.get(word).copied().unwrap_or_default()
        })
    }

    /// Count without letting others run.
    #[pyo3(signature = (words))]
    fn count_attached(&mut self, words: Vec<PyBackedStr>) {
        add(&mut self.counts, &words);
    }
}

// region: shared
/// The same for any number of threads.
#[pyclass(frozen)]
#[derive(Default)]
struct SharedTally {
    counts: Mutex<BTreeMap<String, u64>>,
}

#[pymethods]
impl SharedTally {
    /// Count each of the corrections.
    #[pyo3(signature = (words))]
    fn count(&self, py: Python<'_>, words: Vec<PyBackedStr>) {
        py.detach(|| {
            // Counted without the lock, which is held for the sum only.
            let mut counts = BTreeMap::new();
            add(&mut counts, &words);
            let mut total = self.counts();
            for (word, count) in counts {
                *total.entry(word).or_default() += count;
            }
        });
    }
    // endregion: shared

    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Return how often a correction was made.
    #[pyo3(signature = (word))]
    fn look_up(&self, py: Python<'_>, word: &str) -> u64 {
        py.detach(|| self.counts().get(word).copied().unwrap_or_default())
    }
}

impl SharedTally {
    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts words; sleeps for each hundred, so that the tests meet it at work.
fn add(counts: &mut BTreeMap<String, u64>, words: &[PyBackedStr]) {
    for words in words.chunks(100) {
        thread::sleep(Duration::from_millis(1));
        for word in words {
            *counts.entry(word.to_string()).or_default() += 1;
        }
    }
}

/// A cursor of a C library that may be used by one thread only.
#[pyclass(unsendable)]
struct Cursor {
    line: usize,
}

#[pymethods]
impl Cursor {
    #[new]
    fn new() -> Self {
        Self { line: 0 }
    }

    /// Go to the next line.
    fn advance(&mut self) -> usize {
        self.line += 1;
        self.line
    }
}

#[pymodule]
pub mod python_threads {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{Cursor, Lexicon, SharedTally, Tally};
}
