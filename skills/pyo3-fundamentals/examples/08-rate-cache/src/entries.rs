//! The cache itself, for values of any type; it knows nothing of Python, of locks or of the time.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use lru::LruCache;

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    pub hits: u64,
    pub misses: u64,
    pub evicted: u64,
    pub expired: u64,
}

struct Entry<V> {
    value: V,
    stored: Instant,
}

/// Values by name, of which the least recently used one makes room, and none is kept for longer than `lifetime`.
///
/// Every method that takes a value out returns it: the caller decides when it is dropped.
pub struct Entries<V> {
    entries: LruCache<String, Entry<V>>,
    lifetime: Duration,
    counts: Counts,
}

impl<V> Entries<V> {
    #[must_use]
    pub fn new(capacity: NonZeroUsize, lifetime: Duration) -> Self {
        // Not `new(capacity)`: that would reserve the memory for all of them now.
        let mut entries = LruCache::unbounded();
        entries.resize(capacity);
        Self {
            entries,
            lifetime,
            counts: Counts::default(),
        }
    }

    /// Returns what `copy` makes of a fresh value, and what was found to be too old.
    pub fn get<T>(
        &mut self,
        key: &str,
        now: Instant,
        copy: impl FnOnce(&V) -> T,
    ) -> (Option<T>, Option<V>) {
        let old = self.expire(key, now);
        let found = self.entries.get(key).map(|entry| copy(&entry.value));
        match found {
            Some(_) => self.counts.hits += 1,
            None => self.counts.misses += 1,
        }
        (found, old)
    }

    /// Stores a value, and returns the one that it replaces or that makes room for it.
    pub fn put(&mut self, key: String, value: V, now: Instant) -> Option<V> {
        let replaces = self.entries.contains(&key);
        let (_, out) = self.entries.push(key, Entry { value, stored: now })?;
        self.counts.evicted += u64::from(!replaces);
        Some(out.value)
    }

    /// Whether there is a fresh value; neither counted nor a use.
    #[must_use]
    pub fn contains(&self, key: &str, now: Instant) -> bool {
        self.entries
            .peek(key)
            .is_some_and(|entry| self.is_fresh(entry, now))
    }

    /// How many values there are that could be got now.
    #[must_use]
    pub fn len(&self, now: Instant) -> usize {
        self.entries
            .iter()
            .filter(|(_, entry)| self.is_fresh(entry, now))
            .count()
    }

    /// Takes out everything.
    pub fn clear(&mut self) -> Vec<V> {
        std::iter::from_fn(|| self.entries.pop_lru())
            .map(|(_, entry)| entry.value)
            .collect()
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, entry)| &entry.value)
    }

    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn expire(&mut self, key: &str, now: Instant) -> Option<V> {
        let entry = self.entries.peek(key)?;
        if self.is_fresh(entry, now) {
            return None;
        }
        self.counts.expired += 1;
        self.entries.pop(key).map(|entry| entry.value)
    }

    /// Subtracts instead of adding the lifetime to an `Instant`, which panics if there is no such time.
    fn is_fresh(&self, entry: &Entry<V>, now: Instant) -> bool {
        now.saturating_duration_since(entry.stored) < self.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn entries(capacity: usize) -> Entries<f64> {
        Entries::new(NonZeroUsize::new(capacity).unwrap(), 10 * SECOND)
    }

    fn get(entries: &mut Entries<f64>, key: &str, now: Instant) -> Option<f64> {
        entries.get(key, now, |value| *value).0
    }

    #[test]
    fn the_least_recently_used_value_makes_room() {
        let (mut entries, now) = (entries(2), Instant::now());
        assert_eq!(entries.put("EUR".into(), 1.0, now), None);
        assert_eq!(entries.put("USD".into(), 1.1, now), None);
        assert_eq!(get(&mut entries, "EUR", now), Some(1.0));
        assert_eq!(entries.put("GBP".into(), 0.9, now), Some(1.1));
        assert_eq!(get(&mut entries, "USD", now), None);
        assert_eq!(
            entries.counts(),
            Counts {
                hits: 1,
                misses: 1,
                evicted: 1,
                expired: 0
            }
        );
    }

    #[test]
    fn values_expire() {
        let (mut entries, now) = (entries(2), Instant::now());
        entries.put("EUR".into(), 1.0, now);
        assert!(entries.contains("EUR", now + 9 * SECOND));
        assert!(!entries.contains("EUR", now + 10 * SECOND));
        assert_eq!(entries.len(now + 10 * SECOND), 0);
        assert_eq!(
            entries.get("EUR", now + 10 * SECOND, |value| *value),
            (None, Some(1.0))
        );
        assert_eq!(
            entries.counts(),
            Counts {
                misses: 1,
                expired: 1,
                ..Counts::default()
            }
        );
    }

    #[test]
    fn a_new_value_replaces_the_old_one() {
        let (mut entries, now) = (entries(1), Instant::now());
        entries.put("EUR".into(), 1.0, now);
        assert_eq!(entries.put("EUR".into(), 2.0, now + 5 * SECOND), Some(1.0));
        assert_eq!(get(&mut entries, "EUR", now + 14 * SECOND), Some(2.0));
        assert_eq!(entries.counts().evicted, 0);
    }

    #[test]
    fn everything_is_handed_out() {
        let (mut entries, now) = (entries(2), Instant::now());
        entries.put("EUR".into(), 1.0, now);
        entries.put("USD".into(), 1.1, now);
        assert_eq!(entries.clear(), [1.0, 1.1]);
        assert_eq!(entries.len(now), 0);
    }
}
