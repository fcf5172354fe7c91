//! The algorithm. Text is compared by code points, as Python does.

/// What counts as one edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edits {
    /// Inserting, deleting or replacing a character (Levenshtein).
    Single,
    /// Also swapping two neighbours that are not edited otherwise (restricted Damerau, optimal string alignment).
    WithSwaps,
}

// region: scorer
/// Compares one word with many, without allocating anew for each.
pub struct Scorer {
    word: Vec<char>,
    edits: Edits,
    other: Vec<char>,
    /// The row of the table that is being filled, and the two before it.
    rows: [Vec<usize>; 3],
}
// endregion: scorer

impl Scorer {
    #[must_use]
    pub fn new(word: &str, edits: Edits) -> Self {
        Self {
            word: word.chars().collect(),
            edits,
            other: Vec::new(),
            rows: Default::default(),
        }
    }

    /// Returns the number of edits, or none if there are more than `cutoff`.
    pub fn distance(&mut self, other: &str, cutoff: Option<usize>) -> Option<usize> {
        self.other.clear();
        self.other.extend(other.chars());
        let (left, right) = trim(&self.word, &self.other);
        let cutoff = cutoff.unwrap_or(usize::MAX);
        if left.len().abs_diff(right.len()) > cutoff {
            return None;
        }
        fill(&mut self.rows, left, right, self.edits, cutoff).filter(|distance| *distance <= cutoff)
    }
}

/// Cuts off what both words begin and end with: it takes no edits.
fn trim<'a>(left: &'a [char], right: &'a [char]) -> (&'a [char], &'a [char]) {
    let start = left.iter().zip(right).take_while(|(l, r)| l == r).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left
        .iter()
        .rev()
        .zip(right.iter().rev())
        .take_while(|(l, r)| l == r)
        .count();
    (&left[..left.len() - end], &right[..right.len() - end])
}

/// Fills the table row by row, and gives up once no way through a row is within the cutoff.
fn fill(
    rows: &mut [Vec<usize>; 3],
    left: &[char],
    right: &[char],
    edits: Edits,
    cutoff: usize,
) -> Option<usize> {
    let [row, previous, before] = rows;
    row.clear();
    row.extend(0..=right.len());
    previous.clone_from(row);
    before.clone_from(row);
    for (i, l) in left.iter().enumerate() {
        std::mem::swap(before, previous);
        std::mem::swap(previous, row);
        row[0] = i + 1;
        let mut best = row[0];
        for (j, r) in right.iter().enumerate() {
            let mut edited = (previous[j] + usize::from(l != r))
                .min(previous[j + 1] + 1)
                .min(row[j] + 1);
            if edits == Edits::WithSwaps
                && i > 0
                && j > 0
                && *l == right[j - 1]
                && left[i - 1] == *r
            {
                edited = edited.min(before[j - 1] + 1);
            }
            row[j + 1] = edited;
            best = best.min(edited);
        }
        // A swap reaches over a row, but costs no less than a replacement that ends in it.
        if best > cutoff {
            return None;
        }
    }
    row.last().copied()
}

/// Finds the first candidate with the fewest edits, and their number; none if all need more than `cutoff`.
#[must_use]
pub fn closest<'a, S: AsRef<str>>(
    word: &str,
    candidates: &'a [S],
    edits: Edits,
    cutoff: Option<usize>,
) -> Option<(&'a S, usize)> {
    let mut scorer = Scorer::new(word, edits);
    let mut best: Option<(&S, usize)> = None;
    for candidate in candidates {
        // Only fewer edits than the best so far are worth counting.
        let limit = match best {
            Some((_, 0)) => break,
            Some((_, fewest)) => Some(fewest - 1),
            None => cutoff,
        };
        if let Some(found) = scorer.distance(candidate.as_ref(), limit) {
            best = Some((candidate, found));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(left: &str, right: &str, edits: Edits) -> usize {
        Scorer::new(left, edits).distance(right, None).unwrap()
    }

    #[test]
    fn edits_are_counted_in_characters() {
        for (left, right, single, with_swaps) in [
            ("", "", 0, 0),
            ("", "abc", 3, 3),
            ("kitten", "sitting", 3, 3),
            ("größe", "grösse", 2, 2),
            ("ab", "ba", 2, 1),
            ("ca", "abc", 3, 3),
            ("naïve", "nävie", 3, 3),
            ("🦀🐍", "🐍🦀", 2, 1),
        ] {
            for (one, other) in [(left, right), (right, left)] {
                assert_eq!(
                    distance(one, other, Edits::Single),
                    single,
                    "{one} to {other}"
                );
                assert_eq!(
                    distance(one, other, Edits::WithSwaps),
                    with_swaps,
                    "{one} to {other}"
                );
            }
        }
    }

    #[test]
    fn a_cutoff_is_the_most_edits_that_count() {
        let mut scorer = Scorer::new("kitten", Edits::Single);
        assert_eq!(scorer.distance("sitting", Some(3)), Some(3));
        assert_eq!(scorer.distance("sitting", Some(2)), None);
        assert_eq!(scorer.distance("kitten", Some(0)), Some(0));
        assert_eq!(scorer.distance("k", Some(4)), None);
    }

    #[test]
    fn swaps_are_found_within_the_cutoff() {
        let mut scorer = Scorer::new("abcd", Edits::WithSwaps);
        assert_eq!(scorer.distance("badc", Some(2)), Some(2));
        assert_eq!(scorer.distance("badc", Some(1)), None);
    }

    #[test]
    fn a_scorer_forgets_the_last_word() {
        let mut scorer = Scorer::new("abc", Edits::WithSwaps);
        assert_eq!(scorer.distance("a much longer text", None), Some(16));
        assert_eq!(scorer.distance("acb", None), Some(1));
        assert_eq!(scorer.distance("", None), Some(3));
    }

    #[test]
    fn the_first_of_equals_is_the_closest() {
        let words = ["bat", "cat", "rat"];
        assert_eq!(
            closest("hat", &words, Edits::Single, None),
            Some((&"bat", 1))
        );
        assert_eq!(
            closest("rat", &words, Edits::Single, None),
            Some((&"rat", 0))
        );
        assert_eq!(closest("hats", &words, Edits::Single, Some(1)), None);
        assert_eq!(closest::<&str>("hat", &[], Edits::Single, None), None);
    }
}
