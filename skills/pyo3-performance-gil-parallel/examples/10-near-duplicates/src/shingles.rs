//! What texts have in common: runs of words, each as one number.

use std::collections::HashSet;

/// Words of a run at most.
pub const LONGEST: usize = 64;

/// Calls `take` for each run of `length` words, of which punctuation and case are no part; once for a text that is shorter,
/// and never for one without words. Ends when `take` says so, with `false`.
pub fn for_each_shingle(text: &str, length: usize, mut take: impl FnMut(u64) -> bool) -> bool {
    // The last words; where the oldest is matters to nobody but `position`.
    let mut window = [0; LONGEST];
    let mut count = 0;
    for word in text.split(|letter: char| !letter.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        window[count % length] = hash_word(word);
        count += 1;
        if count >= length && !take(hash_run(&window[..length], count % length)) {
            return false;
        }
    }
    if 0 < count && count < length {
        return take(hash_run(&window[..count], 0));
    }
    true
}

/// Returns the share of runs that two texts have in common: 1 for the same, 0 for nothing.
#[must_use]
pub fn similarity(first: &str, second: &str, length: usize) -> f64 {
    let [first, second] = [first, second].map(|text| {
        let mut shingles = HashSet::new();
        for_each_shingle(text, length, |shingle| {
            shingles.insert(shingle);
            true
        });
        shingles
    });
    let common = first.intersection(&second).count();
    // Without any words in either they are not known to have something in common.
    common as f64 / (first.len() + second.len() - common).max(1) as f64
}

/// FNV-1a of the letters in lower case: the same on all machines and in all versions, so that results are.
fn hash_word(word: &str) -> u64 {
    word.chars()
        .flat_map(char::to_lowercase)
        .fold(0xcbf2_9ce4_8422_2325, |hash, letter| {
            (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3)
        })
}

fn hash_run(words: &[u64], oldest: usize) -> u64 {
    let (newer, older) = words.split_at(oldest);
    let hash = older.iter().chain(newer).fold(0_u64, |hash, word| {
        (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    // Numbers that differ in one bit become such that have nothing in common.
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shingles(text: &str, length: usize) -> Vec<u64> {
        let mut shingles = Vec::new();
        for_each_shingle(text, length, |shingle| {
            shingles.push(shingle);
            true
        });
        shingles
    }

    #[test]
    fn runs_are_of_words_in_order() {
        let runs = shingles("a b c a b", 2);
        assert_eq!(runs.len(), 4);
        assert_eq!((runs[0], runs[1] == runs[0]), (runs[3], false));
        assert_eq!(shingles("A, b! C;\na... B", 2), runs);
        assert_ne!(shingles("a b", 2), shingles("b a", 2));
        assert_eq!(shingles("b c", 5), shingles("b c", 2));
        assert!(shingles(" ,;\u{0} ", 2).is_empty());
    }

    #[test]
    fn similarity_is_a_share() {
        assert_eq!(similarity("a b c d", "a b c e", 1), 0.6);
        assert_eq!(similarity("A b", "a B", 3), 1.0);
        assert_eq!((similarity("", "", 3), similarity("a", "", 3)), (0.0, 0.0));
    }

    #[test]
    fn taking_can_end() {
        let mut count = 0;
        let complete = for_each_shingle("a b c d", 1, |_| {
            count += 1;
            count < 2
        });
        assert_eq!((complete, count), (false, 2));
    }
}
