//! How similar names are, by the groups of three letters that they share; nothing here knows of Python.

use std::cmp::Ordering;

/// The letters of names in groups of three, each name's sorted.
pub struct Names(Vec<Vec<Group>>);

/// Three letters in one number, 21 bits each, because numbers are compared faster.
type Group = u64;

/// A name that is similar to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similar {
    pub position: usize,
    pub similarity: f64,
}

impl Names {
    #[must_use]
    pub fn new(names: &[impl AsRef<str>]) -> Self {
        Self(names.iter().map(|name| trigrams(name.as_ref())).collect())
    }

    /// Returns the names behind one of them that are at least so similar to it.
    #[must_use]
    pub fn similar_to(&self, position: usize, least: f64) -> Vec<Similar> {
        let (first, others) = (&self.0[position], self.0.iter().enumerate());
        others
            .skip(position + 1)
            .map(|(position, other)| Similar {
                position,
                similarity: similarity(first, other),
            })
            .filter(|similar| similar.similarity >= least)
            .collect()
    }
}

/// Case and spaces at the ends don't matter; two spaces before and one behind make the first letters count more.
fn trigrams(name: &str) -> Vec<Group> {
    let padded = format!("  {} ", name.trim().to_lowercase());
    let letters: Vec<_> = padded
        .chars()
        .map(|letter| u64::from(u32::from(letter)))
        .collect();
    let mut groups: Vec<_> = letters
        .windows(3)
        .map(|group| group[0] << 42 | group[1] << 21 | group[2])
        .collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

/// Returns from 0, where they share nothing, to 1, where they are equal (Dice's coefficient).
fn similarity(left: &[Group], right: &[Group]) -> f64 {
    let (mut shared, mut at_left, mut at_right) = (0_usize, 0, 0);
    while let (Some(first), Some(second)) = (left.get(at_left), right.get(at_right)) {
        match first.cmp(second) {
            Ordering::Less => at_left += 1,
            Ordering::Greater => at_right += 1,
            Ordering::Equal => {
                shared += 1;
                at_left += 1;
                at_right += 1;
            }
        }
    }
    2.0 * shared as f64 / (left.len() + right.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(left: &str, right: &str) -> f64 {
        similarity(&trigrams(left), &trigrams(right))
    }

    #[test]
    fn similarity_is_from_nothing_to_all() {
        assert_eq!(of("Ada Lovelace", "ada lovelace "), 1.0);
        assert_eq!(of("Ada", "Bob"), 0.0);
        assert_eq!(of("", ""), 1.0);
        assert!(of("Grace Hopper", "Grace Hoper") > of("Grace Hopper", "Hopper, Grace"));
    }

    #[test]
    fn only_names_behind_the_first_are_returned() {
        let names = Names::new(&["Ada", "Bob", "ada", "Adam"]);
        let positions = |position| {
            let similar = names.similar_to(position, 0.5);
            similar
                .iter()
                .map(|similar| similar.position)
                .collect::<Vec<_>>()
        };
        assert_eq!(positions(0), [2, 3]);
        assert_eq!(positions(2), [3]);
        assert!(positions(3).is_empty());
    }
}
