//! Groups of trips, and what is known of each; nothing here knows of Python or Arrow.

use std::collections::HashMap;

use crate::errors::{Error, Result};
use crate::sketch::Sketch;

/// What is known of the trips with one key.
#[derive(Debug, Default)]
pub struct Group {
    pub trips: u64,
    /// Trips without a finite value.
    pub missing: u64,
    pub total: f64,
    pub sketch: Sketch,
}

impl Group {
    pub fn add(&mut self, value: Option<f64>) {
        self.trips += 1;
        match value.filter(|value| value.is_finite()) {
            Some(value) => {
                self.total += value;
                self.sketch.add(value);
            }
            None => self.missing += 1,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.trips += other.trips;
        self.missing += other.missing;
        self.total += other.total;
        self.sketch.merge(&other.sketch);
    }

    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.trips - self.missing;
        (count > 0).then(|| self.total / count as f64)
    }
}

/// Groups by their key, where no key is a key as well.
#[derive(Debug, Default)]
pub struct Groups {
    // The standard hasher has a random seed: nobody can choose keys that collide.
    places: HashMap<Box<str>, usize>,
    place_of_none: Option<usize>,
    groups: Vec<Group>,
}

impl Groups {
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Returns where the group of a key is, and makes it if there may be one more.
    pub fn place(&mut self, key: Option<&str>, limit: usize) -> Result<usize> {
        let place = match key {
            Some(key) => self.places.get(key).copied(),
            None => self.place_of_none,
        };
        if let Some(place) = place {
            return Ok(place);
        }
        let place = self.groups.len();
        if place >= limit {
            return Err(Error::TooManyGroups(limit));
        }
        match key {
            Some(key) => _ = self.places.insert(key.into(), place),
            None => self.place_of_none = Some(place),
        }
        self.groups.push(Group::default());
        Ok(place)
    }

    /// Counts a trip of the group at a place that `place` returned.
    pub fn add(&mut self, place: usize, value: Option<f64>) {
        self.groups[place].add(value);
    }

    // region: merge
    /// Adds all groups of another one, or changes nothing if they would be too many together.
    pub fn merge(&mut self, other: &Self, limit: usize) -> Result<()> {
        let known = |key: Option<&str>| match key {
            Some(key) => self.places.contains_key(key),
            None => self.place_of_none.is_some(),
        };
        let new = other.iter().filter(|(key, _)| !known(*key)).count();
        if self.len() + new > limit {
            return Err(Error::TooManyGroups(limit));
        }
        for (key, group) in other.iter() {
            let place = self.place(key, limit)?;
            self.groups[place].merge(group);
        }
        Ok(())
    }
    // endregion: merge

    fn iter(&self) -> impl Iterator<Item = (Option<&str>, &Group)> {
        let named = self
            .places
            .iter()
            .map(|(key, place)| (Some(&**key), *place));
        let unnamed = self.place_of_none.map(|place| (None, place));
        named
            .chain(unnamed)
            .map(|(key, place)| (key, &self.groups[place]))
    }

    /// Returns the groups in the order of their keys; the one without a key is the last.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Option<&str>, &Group)> {
        let mut groups: Vec<_> = self.iter().collect();
        groups.sort_unstable_by_key(|(key, _)| (key.is_none(), *key));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(trips: &[(Option<&str>, Option<f64>)]) -> Groups {
        let mut groups = Groups::default();
        for (key, value) in trips {
            let place = groups.place(*key, 10).unwrap();
            groups.add(place, *value);
        }
        groups
    }

    #[test]
    fn groups_are_sorted_and_the_nameless_one_is_last() {
        let groups = groups(&[(None, Some(1.0)), (Some("b"), None), (Some(""), Some(3.0))]);
        let keys: Vec<_> = groups.sorted().iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, [Some(""), Some("b"), None]);
    }

    #[test]
    fn only_finite_values_count() {
        let values = [Some(4.0), None, Some(f64::NAN), Some(f64::INFINITY)];
        let groups = groups(&values.map(|value| (Some("a"), value)));
        let (_, group) = groups.sorted()[0];
        assert_eq!((group.trips, group.missing, group.total), (4, 3, 4.0));
        assert_eq!(group.mean(), Some(4.0));
    }

    #[test]
    fn a_merge_that_is_too_large_changes_nothing() {
        let mut all = groups(&[(Some("a"), Some(1.0))]);
        let more = groups(&[(Some("a"), Some(2.0)), (Some("b"), None), (None, None)]);
        assert!(matches!(all.merge(&more, 2), Err(Error::TooManyGroups(2))));
        assert_eq!(all.sorted()[0].1.trips, 1);
        all.merge(&more, 3).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(all.sorted()[0].1.total, 3.0);
    }
}
