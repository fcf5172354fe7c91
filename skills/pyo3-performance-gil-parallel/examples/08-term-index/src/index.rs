//! The index: for each term the texts that it is in.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::ops::Range;

use crate::errors::Error;
use crate::storage::{List, Storage, Text};
use crate::words::{StopWords, for_each_word};

/// How much a term that comes again counts, and how much the length of a text does: the usual numbers of BM25.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// Bytes of words that are read between two pauses: some milliseconds.
const STRIDE: usize = 1 << 19;

/// How often a term is in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posting {
    pub document: u32,
    pub count: u32,
}

/// For each term the texts that it is in. However many terms there are, it is five pieces of memory.
#[derive(Debug, Default)]
pub struct Index {
    /// All terms one after the other, in the order of the alphabet.
    terms: String,
    /// Where each term ends.
    term_ends: Vec<usize>,
    postings: Vec<Posting>,
    /// Where the postings of each term end.
    posting_ends: Vec<usize>,
    /// The number of words of each text.
    lengths: Vec<u32>,
}

impl Index {
    // region: build
    /// Reads texts. `pause` is called now and then, and ends the work if it fails.
    ///
    /// # Errors
    ///
    /// [`Error::Documents`] for too many texts; what `pause` returns.
    pub fn build<T: AsRef<str>>(
        texts: &[T],
        stop_words: &StopWords,
        mut pause: impl FnMut() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut lengths = Vec::with_capacity(texts.len());
        // Declared before what borrows from it, so dropped after that.
        let storage = Storage::new();
        let mut terms: HashMap<Text<'_>, List<'_>> = HashMap::new();
        let mut bytes = 0;
        for (number, text) in texts.iter().enumerate() {
            let document = u32::try_from(number).map_err(|_| Error::Documents)?;
            let mut length = 0;
            for_each_word(text.as_ref(), stop_words, |word| -> Result<(), Error> {
                length += 1;
                bytes += word.len();
                // Within a text, too, which may be as long as all others.
                if bytes >= STRIDE {
                    bytes = 0;
                    pause()?;
                }
                // Not `entry`, which would need a copy of each word to ask for it.
                match terms.get_mut(word) {
                    Some(postings) => count(postings, document),
                    None => {
                        let mut postings = storage.list();
                        count(&mut postings, document);
                        terms.insert(storage.text(word), postings);
                    }
                }
                Ok(())
            })?;
            lengths.push(length);
        }
        Ok(Self::pack(terms, lengths))
    }

    /// Copies what was collected into a few pieces of just the right size.
    fn pack(terms: HashMap<Text<'_>, List<'_>>, lengths: Vec<u32>) -> Self {
        let mut sorted: Vec<_> = terms.into_iter().collect();
        sorted.sort_unstable_by(|(a, _), (b, _)| str::cmp(a, b));
        let mut index = Self {
            terms: String::with_capacity(sorted.iter().map(|(term, _)| term.len()).sum()),
            term_ends: Vec::with_capacity(sorted.len()),
            postings: Vec::with_capacity(sorted.iter().map(|(_, postings)| postings.len()).sum()),
            posting_ends: Vec::with_capacity(sorted.len()),
            lengths,
        };
        for (term, postings) in &sorted {
            index.terms.push_str(term);
            index.term_ends.push(index.terms.len());
            index.postings.extend_from_slice(postings);
            index.posting_ends.push(index.postings.len());
        }
        index
    }
    // endregion: build

    /// Returns the texts that fit best, and how well they do, the best first; each of them has a word of the query.
    #[must_use]
    pub fn search(&self, query: &str, stop_words: &StopWords, limit: usize) -> Vec<(u32, f64)> {
        let mut scores: HashMap<u32, f64> = HashMap::new();
        let words: f64 = self.lengths.iter().copied().map(f64::from).sum();
        let average = words / self.len().max(1) as f64;
        for word in query_words(query, stop_words) {
            let postings = self.postings(&word);
            let (all, with) = (self.len() as f64, postings.len() as f64);
            let rarity = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            for posting in postings {
                let length = f64::from(self.lengths[posting.document as usize]) / average;
                let count = f64::from(posting.count);
                let damping = SATURATION * (1.0 - LENGTH + LENGTH * length);
                *scores.entry(posting.document).or_default() +=
                    rarity * count * (SATURATION + 1.0) / (count + damping);
            }
        }
        let mut best: Vec<_> = scores.into_iter().collect();
        best.sort_unstable_by(|(a, high), (b, low)| low.total_cmp(high).then(a.cmp(b)));
        best.truncate(limit);
        best
    }

    /// Returns the texts that have a term.
    #[must_use]
    pub fn postings(&self, term: &str) -> &[Posting] {
        let (mut low, mut high) = (0, self.term_count());
        while low < high {
            let middle = low.midpoint(high);
            match self.terms[range(&self.term_ends, middle)].cmp(term) {
                std::cmp::Ordering::Equal => {
                    return &self.postings[range(&self.posting_ends, middle)];
                }
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        &[]
    }

    /// Returns how many postings a search would look at.
    #[must_use]
    pub fn work(&self, query: &str, stop_words: &StopWords) -> usize {
        let words = query_words(query, stop_words);
        words.iter().map(|word| self.postings(word).len()).sum()
    }

    /// Returns the number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Returns the number of different terms.
    #[must_use]
    pub fn term_count(&self) -> usize {
        self.term_ends.len()
    }
}

/// Returns each word once, so that a long query is no more work than there are postings; and in order, because a sum of
/// floats depends on it.
fn query_words(query: &str, stop_words: &StopWords) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let Ok(()) = for_each_word(query, stop_words, |word| {
        words.insert(word.to_owned());
        Ok::<_, Infallible>(())
    });
    words
}

fn count(postings: &mut List<'_>, document: u32) {
    match postings.last_mut() {
        Some(last) if last.document == document => last.count = last.count.saturating_add(1),
        _ => postings.push(Posting { document, count: 1 }),
    }
}

fn range(ends: &[usize], place: usize) -> Range<usize> {
    place.checked_sub(1).map_or(0, |before| ends[before])..ends[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(texts: &[&str]) -> Index {
        Index::build(texts, &StopWords::new(), || Ok(())).unwrap()
    }

    #[test]
    fn terms_know_their_texts() {
        let index = index(&["b a b", "", "c b"]);
        assert_eq!((index.len(), index.term_count()), (3, 3));
        let posting = |document, count| Posting { document, count };
        assert_eq!(index.postings("b"), [posting(0, 2), posting(2, 1)]);
        assert_eq!(index.postings("a"), [posting(0, 1)]);
        assert_eq!(index.postings("c"), [posting(2, 1)]);
        for term in ["", "0", "bb", "z"] {
            assert!(index.postings(term).is_empty());
        }
    }

    #[test]
    fn rare_words_and_short_texts_count_more() {
        let index = index(&[
            "common rare",
            "common",
            "common common long long long",
            "other",
        ]);
        let find = |query, limit| -> Vec<u32> {
            let best = index.search(query, &StopWords::new(), limit);
            best.into_iter().map(|(document, _)| document).collect()
        };
        assert_eq!(find("COMMON rare", 10), [0, 1, 2]);
        assert_eq!(find("common", 1), [1]);
        assert!(
            find("", 10).is_empty()
                && find("nothing", 10).is_empty()
                && find("common", 0).is_empty()
        );
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        let index = index(&[]);
        assert!(index.is_empty() && index.search("a", &StopWords::new(), 1).is_empty());
    }

    #[test]
    fn a_pause_ends_the_work_within_a_text() {
        let mut pauses = 0;
        let pause = || {
            pauses += 1;
            if pauses < 3 {
                Ok(())
            } else {
                Err(Error::Documents)
            }
        };
        let result = Index::build(&["word ".repeat(STRIDE)], &StopWords::new(), pause);
        assert!(result.is_err() && pauses == 3);
    }

    // region: count
    #[cfg(not(feature = "mimalloc"))]
    mod counting {
        use std::alloc::{GlobalAlloc, Layout, System};
        use std::cell::Cell;

        use super::*;

        thread_local! {
            static CALLS: Cell<u64> = const { Cell::new(0) };
        }

        struct Counting;

        // SAFETY: all is handed to the system's allocator unchanged; to count takes no memory.
        #[allow(unsafe_code)]
        unsafe impl GlobalAlloc for Counting {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                CALLS.set(CALLS.get() + 1);
                // SAFETY: as for the caller.
                unsafe { System.alloc(layout) }
            }

            unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
                // SAFETY: as for the caller.
                unsafe { System.dealloc(pointer, layout) }
            }

            unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
                CALLS.set(CALLS.get() + 1);
                // SAFETY: as for the caller.
                unsafe { System.realloc(pointer, layout, size) }
            }
        }

        #[global_allocator]
        static ALLOCATOR: Counting = Counting;

        #[test]
        fn an_arena_takes_memory_seldom() {
            let texts: Vec<_> = (0..1000)
                .map(|text| {
                    (0..100)
                        .map(|word| format!("{} ", (text * word) % 5000))
                        .collect::<String>()
                })
                .collect();
            let before = CALLS.get();
            let index = Index::build(&texts, &StopWords::new(), || Ok(())).unwrap();
            let calls = CALLS.get() - before;
            println!(
                "{} terms, {} postings, {calls} allocations",
                index.term_count(),
                index.postings.len()
            );
            let terms = index.term_count() as u64;
            assert!(if cfg!(feature = "arena") {
                calls < terms / 2
            } else {
                calls > 2 * terms
            });
        }
    }
    // endregion: count
}
