//! The buckets of all clients, in shards with a lock each.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crossbeam_utils::CachePadded;

use crate::bucket::{Bucket, Limit};
use crate::errors::Error;

/// Bytes of a client's name: without a limit, names would need more memory than buckets.
pub const LONGEST_NAME: usize = 256;

const MOST_SHARDS: usize = 1024;

/// Nanoseconds between two searches of a shard that is full for buckets that nobody needs.
const PATIENCE: u64 = 100_000_000;

type Buckets = HashMap<Box<str>, Bucket>;

// region: shard
/// A part of the clients. Padded to a cache line of its own, so that the locks and counters of two shards share none.
#[derive(Default)]
struct Shard {
    buckets: RwLock<Buckets>,
    /// What all clients share that came when there was no place left.
    strangers: Bucket,
    next_search: AtomicU64,
    allowed: AtomicU64,
    refused: AtomicU64,
}

/// The buckets of all clients.
pub struct Shards {
    limit: Limit,
    most: usize,
    hasher: RandomState,
    shards: Box<[CachePadded<Shard>]>,
}
// endregion: shard

/// What has been counted; threads go on meanwhile, so the numbers may be of slightly different times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    pub clients: usize,
    pub allowed: u64,
    pub refused: u64,
}

impl Shards {
    /// Makes shards without clients.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for a number of clients or shards that makes no sense.
    pub fn new(limit: Limit, most_clients: usize, shards: usize) -> Result<Self, Error> {
        if !(1..=MOST_SHARDS).contains(&shards) {
            return Err(Error::Range("shards", MOST_SHARDS));
        }
        if most_clients == 0 {
            return Err(Error::Range("max_clients", usize::MAX));
        }
        Ok(Self {
            limit,
            most: most_clients.div_ceil(shards),
            hasher: RandomState::new(),
            shards: (0..shards).map(|_| CachePadded::default()).collect(),
        })
    }

    // region: take
    /// Takes tokens of a client, or returns how many nanoseconds later they would be there.
    ///
    /// # Errors
    ///
    /// [`Error::Name`] for a name that is too long; `cost` has been checked by [`Limit::check`].
    pub fn take(&self, client: &str, cost: u32, now: u64) -> Result<Result<(), u64>, Error> {
        check_name(client)?;
        let shard = self.shard(client);
        let taken = shard.with(client, self.most, now, |bucket| {
            bucket.take(self.limit, cost, now)
        });
        let counter = if taken.is_ok() {
            &shard.allowed
        } else {
            &shard.refused
        };
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(taken)
    }
    // endregion: take

    /// Returns how many tokens a client has.
    pub fn available(&self, client: &str, now: u64) -> u32 {
        let unused = Bucket::default();
        let buckets = self.shard(client).read();
        buckets
            .get(client)
            .unwrap_or(&unused)
            .available(self.limit, now)
    }

    /// Forgets clients whose bucket is full, and returns how many.
    pub fn forget_idle(&self, now: u64) -> usize {
        self.shards
            .iter()
            .map(|shard| forget_full(&mut shard.write(), now))
            .sum()
    }

    pub fn count(&self) -> Count {
        self.shards
            .iter()
            .fold(Count::default(), |count, shard| Count {
                clients: count.clients + shard.read().len(),
                allowed: count.allowed + shard.allowed.load(Ordering::Relaxed),
                refused: count.refused + shard.refused.load(Ordering::Relaxed),
            })
    }

    fn shard(&self, client: &str) -> &Shard {
        // The remainder of a hash is as good as any other part of it. The names come from outside, so its seed is secret.
        let place = self.hasher.hash_one(client) % self.shards.len() as u64;
        &self.shards[place as usize]
    }
}

impl Shard {
    // region: with
    /// Uses the bucket of a client. For one that is known, threads share the lock, and the bucket is all they wait for.
    fn with<R>(&self, client: &str, most: usize, now: u64, work: impl FnOnce(&Bucket) -> R) -> R {
        if let Some(bucket) = self.read().get(client) {
            return work(bucket);
        }
        let mut buckets = self.write();
        // Another thread may have added it since.
        if !buckets.contains_key(client) && !self.make_room(&mut buckets, most, now) {
            drop(buckets);
            return work(&self.strangers);
        }
        work(buckets.entry(client.into()).or_default())
    }
    // endregion: with

    /// Whether there is a place for one more, now that those whose bucket is full are gone.
    fn make_room(&self, buckets: &mut Buckets, most: usize, now: u64) -> bool {
        if buckets.len() < most {
            return true;
        }
        // A flood of names would otherwise look at all buckets for each.
        if now < self.next_search.load(Ordering::Relaxed) {
            return false;
        }
        self.next_search.store(now + PATIENCE, Ordering::Relaxed);
        forget_full(buckets, now) > 0
    }

    fn read(&self) -> RwLockReadGuard<'_, Buckets> {
        self.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Buckets> {
        self.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks the name of a client.
///
/// # Errors
///
/// [`Error::Name`] for one that is too long.
pub fn check_name(client: &str) -> Result<(), Error> {
    match client.len() {
        ..=LONGEST_NAME => Ok(()),
        length => Err(Error::Name(length)),
    }
}

fn forget_full(buckets: &mut Buckets, now: u64) -> usize {
    let before = buckets.len();
    buckets.retain(|_, bucket| !bucket.is_full(now));
    before - buckets.len()
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::Mutex;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn shards(most_clients: usize, shards: usize) -> Shards {
        Shards::new(Limit::new(1.0, 2).unwrap(), most_clients, shards).unwrap()
    }

    #[test]
    fn clients_have_their_own_buckets() {
        let shards = shards(100, 8);
        for client in ["a", "b", ""] {
            assert_eq!(shards.take(client, 2, 0), Ok(Ok(())));
            assert_eq!(shards.take(client, 1, 0), Ok(Err(SECOND)));
        }
        assert_eq!((shards.available("a", 0), shards.available("c", 0)), (0, 2));
        let count = |clients, allowed, refused| Count {
            clients,
            allowed,
            refused,
        };
        assert_eq!(shards.count(), count(3, 3, 3));
        assert_eq!(shards.forget_idle(SECOND), 0);
        assert_eq!(shards.forget_idle(2 * SECOND), 3);
        assert_eq!(shards.count(), count(0, 3, 3));
    }

    #[test]
    fn a_flood_of_names_shares_a_bucket_until_there_is_room() {
        let shards = shards(3, 1);
        for client in ["a", "b", "c"] {
            assert_eq!(shards.take(client, 2, 0), Ok(Ok(())));
        }
        assert_eq!(shards.take("d", 2, 0), Ok(Ok(())));
        assert_eq!(shards.take("e", 1, 0), Ok(Err(SECOND)));
        assert_eq!(shards.count().clients, 3);
        assert_eq!(shards.take("e", 2, 2 * SECOND), Ok(Ok(())));
        assert_eq!(shards.count().clients, 1);
    }

    #[test]
    fn names_and_numbers_have_limits() {
        let name = "é".repeat(LONGEST_NAME);
        assert_eq!(shards(1, 1).take(&name, 1, 0), Err(Error::Name(512)));
        let limit = Limit::new(1.0, 1).unwrap();
        for (clients, shards) in [(0, 1), (1, 0), (1, MOST_SHARDS + 1)] {
            assert!(matches!(
                Shards::new(limit, clients, shards),
                Err(Error::Range(..))
            ));
        }
    }

    #[test]
    fn threads_add_and_forget_the_same_clients() {
        let shards = shards(20, 4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for now in 0..5000 {
                        let _ = shards.take(&(now % 40).to_string(), 1, now * SECOND / 50);
                        if now % 100 == 0 {
                            shards.forget_idle(now * SECOND / 50);
                        }
                    }
                });
            }
        });
        let count = shards.count();
        assert_eq!(count.allowed + count.refused, 20_000);
        assert!(count.clients <= 20);
    }

    // region: measure
    /// The same with one lock for all.
    #[derive(Default)]
    struct OneLock(Mutex<Buckets>);

    impl OneLock {
        fn take(&self, client: &str, limit: Limit, now: u64) -> Result<(), u64> {
            let mut buckets = self.0.lock().unwrap();
            if let Some(bucket) = buckets.get(client) {
                return bucket.take(limit, 1, now);
            }
            buckets
                .entry(client.into())
                .or_default()
                .take(limit, 1, now)
        }
    }

    /// Returns nanoseconds for a call while `threads` call at the same time: the best of five runs.
    fn measure(threads: usize, names: &[String], work: impl Fn(&str) + Sync) -> f64 {
        const CALLS: usize = 300_000;
        let run = || {
            let start = Instant::now();
            thread::scope(|scope| {
                for thread in 0..threads {
                    let work = &work;
                    let names = names.iter().cycle().skip(thread * names.len() / threads);
                    scope.spawn(move || names.take(CALLS).for_each(|name| work(name)));
                }
            });
            start.elapsed()
        };
        let best: Duration = (0..5).map(|_| run()).min().unwrap();
        best.as_nanos() as f64 / (threads * CALLS) as f64
    }

    #[test]
    #[ignore = "measures: cargo test --release -- --ignored --nocapture"]
    fn shards_beside_one_lock() {
        let limit = Limit::new(1e6, 1_000_000).unwrap();
        for (title, count) in [("one hot key", 1), ("100,000 keys", 100_000)] {
            let names: Vec<_> = (0..count).map(|n| format!("client {n}")).collect();
            let (start, one) = (Instant::now(), OneLock::default());
            let now = || start.elapsed().as_nanos() as u64;
            for threads in [1, 2, 4] {
                let locked = measure(threads, &names, |name| {
                    let _ = black_box(one.take(name, limit, now()));
                });
                print!("{title}, {threads} threads: one lock {locked:.0} ns");
                for number in [1, 64] {
                    let shards = Shards::new(limit, usize::MAX, number).unwrap();
                    let time = measure(threads, &names, |name| {
                        let _ = black_box(shards.take(name, 1, now()));
                    });
                    print!(", {number} shards {time:.0} ns");
                }
                println!();
            }
        }
    }
    // endregion: measure
}
