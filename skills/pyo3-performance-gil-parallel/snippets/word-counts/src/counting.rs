//! Words and how often each occurs, in ways that allocate more and less.

use std::collections::HashMap;
use std::thread;

use bumpalo::Bump;
use pyo3::prelude::*;

type Counts = HashMap<String, u64>;

/// Yields the words of a text as they stand in it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

// region: each
/// Counts words in lower case. Each word is a `String` of its own.
fn count(text: &str, counts: &mut Counts) {
    for word in words(text) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
}
// endregion: each

// region: reused
/// Writes a word in lower case behind what the buffer has.
fn push_lower(word: &str, buffer: &mut String) {
    if word.is_ascii() {
        buffer.push_str(word);
        buffer.make_ascii_lowercase();
    } else {
        buffer.extend(word.chars().flat_map(char::to_lowercase));
    }
}

/// Counts them with one buffer for all words: only a new word is allocated.
fn count_with_buffer(text: &str, counts: &mut Counts) {
    let mut lower = String::new();
    for word in words(text) {
        lower.clear();
        push_lower(word, &mut lower);
        match counts.get_mut(lower.as_str()) {
            Some(count) => *count += 1,
            None => {
                counts.insert(lower.clone(), 1);
            }
        }
    }
}
// endregion: reused

// region: arena
/// Counts them with the words in an arena, which is freed as a whole.
fn count_in_arena(text: &str, counts: &mut Counts) {
    let arena = Bump::new();
    let mut buffer = String::new();
    let mut local: HashMap<&str, u64> = HashMap::new();
    for word in words(text) {
        buffer.clear();
        push_lower(word, &mut buffer);
        *local.entry(arena.alloc_str(&buffer)).or_default() += 1;
    }
    for (word, count) in local {
        *counts.entry(word.to_owned()).or_default() += count;
    }
}
// endregion: arena

/// Counts words of texts.
#[pyclass(module = "word_counts")]
#[derive(Default)]
pub struct Counter {
    counts: Counts,
}

#[pymethods]
impl Counter {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn add(&mut self, py: Python<'_>, text: &str) {
        py.detach(|| count(text, &mut self.counts));
    }

    fn add_with_buffer(&mut self, py: Python<'_>, text: &str) {
        py.detach(|| count_with_buffer(text, &mut self.counts));
    }

    fn add_in_arena(&mut self, py: Python<'_>, text: &str) {
        py.detach(|| count_in_arena(text, &mut self.counts));
    }

    /// Count the same text in several threads, each for itself.
    #[staticmethod]
    fn add_in_threads(py: Python<'_>, text: &str, threads: usize) {
        py.detach(|| {
            thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| count(text, &mut Counts::new()));
                }
            });
        });
    }

    fn __getitem__(&self, word: &str) -> u64 {
        self.counts.get(word).copied().unwrap_or_default()
    }

    fn __len__(&self) -> usize {
        self.counts.len()
    }
}
