//! Keys in order with their values; nothing here knows of Python.

use std::ops::Range;

/// Two arrays, because a search then reads nothing but keys, and what is added at the end costs no more than a push.
#[derive(Debug, PartialEq)]
pub struct Store<V> {
    keys: Vec<i64>,
    values: Vec<V>,
    /// How often keys were added or removed.
    changes: u64,
}

impl<V> Default for Store<V> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            values: Vec::new(),
            changes: 0,
        }
    }
}

impl<V> Store<V> {
    #[must_use]
    pub fn keys(&self) -> &[i64] {
        &self.keys
    }

    #[must_use]
    pub fn values(&self) -> &[V] {
        &self.values
    }

    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }

    #[must_use]
    pub fn get(&self, key: i64) -> Option<&V> {
        let at = self.keys.binary_search(&key).ok()?;
        self.values.get(at)
    }

    /// Returns how many keys are less.
    #[must_use]
    pub fn before(&self, key: i64) -> usize {
        self.keys.partition_point(|present| *present < key)
    }

    /// Returns how many keys are less or equal.
    #[must_use]
    pub fn up_to(&self, key: i64) -> usize {
        self.keys.partition_point(|present| *present <= key)
    }

    /// Returns the positions of the keys from one to another, which is not included.
    #[must_use]
    pub fn range(&self, start: Option<i64>, stop: Option<i64>) -> Range<usize> {
        let start = start.map_or(0, |key| self.before(key));
        let stop = stop.map_or(self.keys.len(), |key| self.before(key));
        start..stop.max(start)
    }

    /// Sets a value, and returns the one before.
    pub fn insert(&mut self, key: i64, value: V) -> Option<V> {
        match self.keys.binary_search(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.values[at], value)),
            Err(at) => {
                self.keys.insert(at, key);
                self.values.insert(at, value);
                self.changes += 1;
                None
            }
        }
    }

    pub fn remove(&mut self, key: i64) -> Option<V> {
        let at = self.keys.binary_search(&key).ok()?;
        self.changes += 1;
        self.keys.remove(at);
        Some(self.values.remove(at))
    }

    /// Sets many values in one pass; of several with one key the last one counts. Returns what is no longer needed.
    pub fn merge(&mut self, mut pairs: Vec<(i64, V)>) -> Vec<V> {
        // Where all that is new comes last, as in a log, there is nothing to move.
        if pairs.is_sorted_by(|left, right| left.0 < right.0)
            && pairs.first().map(|pair| pair.0) > self.keys.last().copied()
        {
            self.changes += 1;
            for (key, value) in pairs {
                self.keys.push(key);
                self.values.push(value);
            }
            return Vec::new();
        }
        pairs.sort_by_key(|pair| pair.0);
        let old = std::mem::take(self);
        let count = old.keys.len();
        let mut dropped = Vec::new();
        let mut present = old.keys.into_iter().zip(old.values).peekable();
        for (key, value) in pairs {
            while let Some((key, value)) = present.next_if(|pair| pair.0 <= key) {
                self.push(key, value, &mut dropped);
            }
            self.push(key, value, &mut dropped);
        }
        for (key, value) in present {
            self.push(key, value, &mut dropped);
        }
        self.changes = old.changes + u64::from(self.keys.len() != count);
        dropped
    }

    fn push(&mut self, key: i64, value: V, dropped: &mut Vec<V>) {
        match self.values.last_mut() {
            Some(last) if self.keys.last() == Some(&key) => {
                dropped.push(std::mem::replace(last, value));
            }
            _ => {
                self.keys.push(key);
                self.values.push(value);
            }
        }
    }

    /// Empties it, and returns what was in it.
    pub fn clear(&mut self) -> Vec<V> {
        self.changes += 1;
        self.keys.clear();
        std::mem::take(&mut self.values)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn store(pairs: &[(i64, char)]) -> Store<char> {
        let mut store = Store::default();
        store.merge(pairs.to_vec());
        store
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let mut store = store(&[(5, 'a'), (1, 'b'), (5, 'c')]);
        assert_eq!(
            (store.keys(), store.values()),
            (&[1, 5][..], &['b', 'c'][..])
        );
        let changes = store.changes();
        assert_eq!(store.merge(vec![(1, 'x'), (1, 'y')]), ['b', 'x']);
        assert_eq!(store.changes(), changes);
        assert_eq!(store.values(), ['y', 'c']);
    }

    #[test]
    fn it_is_what_a_tree_is() {
        let (mut store, mut tree, mut number) = (Store::default(), BTreeMap::new(), 7_u32);
        for _ in 0..2000 {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (key, kind) = (i64::from(number >> 16) % 50 - 25, number % 7);
            match kind {
                0 => assert_eq!(store.remove(key), tree.remove(&key)),
                1 => {
                    store.merge(vec![(key, number), (key + 40, number), (key, kind)]);
                    tree.extend([(key, number), (key + 40, number), (key, kind)]);
                }
                _ => assert_eq!(store.insert(key, number), tree.insert(key, number)),
            }
            assert!(store.keys().iter().eq(tree.keys()));
            assert!(store.values().iter().eq(tree.values()));
            let range = store.range(Some(key - 5), Some(key + 5));
            assert!(
                store.keys()[range]
                    .iter()
                    .eq(tree.range(key - 5..key + 5).map(|pair| pair.0))
            );
        }
    }

    #[test]
    fn ends_of_a_range_may_be_anything() {
        let store = store(&[(1, 'a'), (5, 'b')]);
        assert_eq!(store.range(None, None), 0..2);
        assert_eq!(store.range(Some(5), Some(1)), 1..1);
        assert_eq!(store.range(Some(i64::MIN), Some(i64::MAX)), 0..2);
    }
}
