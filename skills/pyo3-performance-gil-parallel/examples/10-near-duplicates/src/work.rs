//! Threads that work while the one that called looks for Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::errors::Error;

/// Threads at most.
pub const MOST_WORKERS: usize = 256;

/// How long Ctrl-C may have to wait.
const PATIENCE: Duration = Duration::from_millis(50);

/// Threads of one call, which are told to end with it: a process that forks later needs none of them, and nobody else's pool
/// is kept busy.
pub struct Workers {
    pool: ThreadPool,
    cancelled: AtomicBool,
}

impl Workers {
    /// Starts threads; as many as this process may use if nobody says how many.
    pub fn start(count: Option<usize>) -> Result<Self, Error> {
        let available = || {
            thread::available_parallelism()
                .map_or(1, usize::from)
                .min(MOST_WORKERS)
        };
        let count = count.unwrap_or_else(available);
        if !(1..=MOST_WORKERS).contains(&count) {
            return Err(Error::Range("workers", MOST_WORKERS));
        }
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("near-duplicates-{number}"))
            .build()
            .map_err(|error| Error::Threads(count, error.to_string()))?;
        Ok(Self {
            pool,
            cancelled: AtomicBool::new(false),
        })
    }

    // region: run
    /// Lets the threads work, detached. Only the main thread may run signal handlers, so it waits here and not in the pool.
    ///
    /// `work` is to return soon, with nothing, once the flag is set.
    pub fn run<R: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&AtomicBool) -> Option<R> + Send,
    ) -> Result<R, Error> {
        py.detach(|| {
            let caller = thread::current();
            thread::scope(|scope| {
                let worker = scope.spawn(|| {
                    let result = self.pool.install(|| work(&self.cancelled));
                    caller.unpark();
                    result
                });
                let mut outcome = Ok(());
                while !worker.is_finished() && outcome.is_ok() {
                    thread::park_timeout(PATIENCE);
                    outcome = Python::attach(|py| py.check_signals());
                    if outcome.is_err() {
                        self.cancelled.store(true, Ordering::Relaxed);
                    }
                }
                let result = worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                outcome?;
                result.ok_or(Error::Cancelled)
            })
        })
    }
    // endregion: run
}
