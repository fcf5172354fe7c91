//! A token bucket in 64 bits, which threads change without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::errors::Error;

/// Tokens a second: the time for one is rounded to nanoseconds, which is off by less than a thousandth up to here.
pub const HIGHEST_RATE: u32 = 1_000_000;

/// Nanoseconds that an empty bucket may take to fill: ten years.
pub const LONGEST: u64 = 3650 * 86_400_000_000_000;

/// How many tokens a bucket gets, and how many it holds.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    burst: u32,
    /// Nanoseconds for one token.
    token: u64,
}

impl Limit {
    /// Makes the limit of `rate` tokens a second and `burst` at once.
    ///
    /// # Errors
    ///
    /// An [`Error`] for what is out of range.
    pub fn new(rate: f64, burst: u32) -> Result<Self, Error> {
        // NaN is in no range, either.
        if !(rate > 0.0 && rate <= f64::from(HIGHEST_RATE)) {
            return Err(Error::Rate(rate));
        }
        if burst == 0 {
            return Err(Error::Burst);
        }
        // A cast of a float takes the nearest number that there is: never below 1000, and the largest for a tiny rate.
        let token = (1e9 / rate).round() as u64;
        match token.checked_mul(u64::from(burst)) {
            Some(time) if time <= LONGEST => Ok(Self { burst, token }),
            _ => Err(Error::Slow { rate, burst }),
        }
    }

    /// Checks what is asked of a bucket.
    ///
    /// # Errors
    ///
    /// [`Error::Cost`] for more than a full bucket has, or nothing.
    pub fn check(self, cost: u32) -> Result<(), Error> {
        let burst = self.burst;
        if (1..=burst).contains(&cost) {
            return Ok(());
        }
        Err(Error::Cost { cost, burst })
    }

    fn time_of(self, tokens: u32) -> u64 {
        self.token * u64::from(tokens)
    }
}

// region: bucket
/// A bucket as the time at which it will be full again; one that is full needs no other state.
#[derive(Debug, Default)]
pub struct Bucket(AtomicU64);

impl Bucket {
    /// Takes tokens at the time `now`, or says how many nanoseconds later they would be there.
    ///
    /// The order of other memory doesn't matter to anyone: the number is all that there is, so `Relaxed` will do.
    pub fn take(&self, limit: Limit, cost: u32, now: u64) -> Result<(), u64> {
        let mut full = self.0.load(Ordering::Relaxed);
        loop {
            let next = full.max(now) + limit.time_of(cost);
            let last = now + limit.time_of(limit.burst);
            if next > last {
                return Err(next - last);
            }
            // Fails if another thread was faster, or by chance: then `full` is the number that is there now.
            match self
                .0
                .compare_exchange_weak(full, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return Ok(()),
                Err(newer) => full = newer,
            }
        }
    }
    // endregion: bucket

    /// Returns how many tokens there are.
    pub fn available(&self, limit: Limit, now: u64) -> u32 {
        let missing = self.0.load(Ordering::Relaxed).saturating_sub(now);
        limit.burst - missing.div_ceil(limit.token).min(u64::from(limit.burst)) as u32
    }

    /// Whether this is as good as a bucket that was never used.
    pub fn is_full(&self, now: u64) -> bool {
        self.0.load(Ordering::Relaxed) <= now
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_bucket_empties_and_fills() {
        let (limit, bucket) = (Limit::new(2.0, 4).unwrap(), Bucket::default());
        assert_eq!(bucket.available(limit, 7), 4);
        assert_eq!(bucket.take(limit, 4, SECOND), Ok(()));
        assert_eq!(bucket.take(limit, 1, SECOND), Err(SECOND / 2));
        assert_eq!(bucket.take(limit, 3, SECOND), Err(SECOND * 3 / 2));
        assert_eq!(bucket.available(limit, SECOND * 2 - 1), 1);
        assert_eq!(bucket.take(limit, 2, SECOND * 2), Ok(()));
        assert!(!bucket.is_full(SECOND * 4 - 1));
        assert!(bucket.is_full(SECOND * 4));
    }

    #[test]
    fn a_bucket_is_as_one_that_counts() {
        let limit = Limit::new(10.0, 5).unwrap();
        let bucket = Bucket::default();
        let (mut tokens, mut before, mut state) = (5.0_f64, 0, 1_u64);
        for _ in 0..10_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let now = before + (state >> 33) % 10 * SECOND / 64;
            let cost = 1 + (state >> 60) as u32 % 5;
            tokens = (tokens + (now - before) as f64 / 1e8).min(5.0);
            let enough = tokens >= f64::from(cost) - 1e-6;
            assert_eq!(bucket.take(limit, cost, now).is_ok(), enough);
            tokens -= if enough { f64::from(cost) } else { 0.0 };
            before = now;
        }
    }

    #[test]
    fn threads_get_as_many_tokens_as_there_are() {
        let (limit, bucket) = (Limit::new(1.0, 1000).unwrap(), Bucket::default());
        let count = || {
            (0..1000)
                .filter(|_| bucket.take(limit, 1, 5).is_ok())
                .count()
        };
        let sum: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(count)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(sum, 1000);
    }

    #[test]
    fn limits_have_limits() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e6 + 1.0] {
            assert!(matches!(Limit::new(rate, 1), Err(Error::Rate(_))));
        }
        assert_eq!(Limit::new(1.0, 0).unwrap_err(), Error::Burst);
        for (rate, burst) in [(5e-324, 1), (1e-9, 1), (1.0, u32::MAX)] {
            assert!(matches!(Limit::new(rate, burst), Err(Error::Slow { .. })));
        }
        let limit = Limit::new(1e6, u32::MAX).unwrap();
        assert!(limit.check(u32::MAX).is_ok() && limit.check(0).is_err());
    }
}
