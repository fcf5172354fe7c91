//! A batch, shared out among threads, while the thread that asked for it stays free.

use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{iter, thread};

use rayon::prelude::*;
use rayon::{ThreadBuilder, ThreadPoolBuilder};

/// How often `tick` is called.
const TICK: Duration = Duration::from_millis(100);

/// Does some work on each item, and returns the results in the order of the items.
///
/// Ten times a second, and at the end, the calling thread calls `tick` with the number of items
/// that are done. If that returns an error, no further item is begun. The threads end with the
/// call, so a process that forks afterwards lacks none. There is one for each processor, or as
/// many as `threads` says, if those are fewer; a single one is the calling thread.
///
/// # Errors
///
/// That of `tick`, or the system's if it has no more threads.
pub fn run<T: Sync, R: Send, E: From<io::Error>>(
    threads: Option<NonZeroUsize>,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    tick: impl FnMut(usize) -> Result<(), E>,
) -> Result<Vec<R>, E> {
    let processors = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let threads = threads.map_or(processors, |threads| threads.min(processors));
    let threads = threads.get().min(items.len());
    if threads < 2 {
        return gather(items.iter().map(|item| Some(work(item))), tick);
    }
    let (sender, receiver) = mpsc::channel();
    let send_all = || {
        let items = items.par_iter().enumerate();
        // A result can't be sent if nobody waits for it any more: the rest is not needed.
        let _ = items.try_for_each_with(sender, |sender, (place, item)| {
            sender.send((place, work(item)))
        });
    };
    let pool = ThreadPoolBuilder::new().num_threads(threads);
    let gathered = pool.build_scoped(ThreadBuilder::run, |pool| {
        pool.in_place_scope(|scope| {
            scope.spawn(|_| send_all());
            gather(receive(receiver), tick)
        })
    });
    let mut results = gathered.map_err(io::Error::other)??;
    results.sort_unstable_by_key(|(place, _)| *place);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// Yields what comes, and now and then that nothing does. When it is dropped, the senders notice.
fn receive<R>(receiver: Receiver<R>) -> impl Iterator<Item = Option<R>> {
    iter::from_fn(move || match receiver.recv_timeout(TICK) {
        Ok(result) => Some(Some(result)),
        Err(RecvTimeoutError::Timeout) => Some(None),
        Err(RecvTimeoutError::Disconnected) => None,
    })
}

fn gather<R, E>(
    results: impl Iterator<Item = Option<R>>,
    mut tick: impl FnMut(usize) -> Result<(), E>,
) -> Result<Vec<R>, E> {
    let (mut done, mut last) = (Vec::new(), Instant::now());
    for result in results {
        done.extend(result);
        if last.elapsed() >= TICK {
            tick(done.len())?;
            last = Instant::now();
        }
    }
    tick(done.len())?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).rev().collect();
        let doubled: Vec<u64> = items.iter().map(|item| item * 2).collect();
        for threads in [None, NonZeroUsize::new(1), NonZeroUsize::new(3)] {
            let mut done = 0;
            let tick = |count| {
                done = count;
                io::Result::Ok(())
            };
            assert_eq!(
                run(threads, &items, |item| item * 2, tick).unwrap(),
                doubled
            );
            assert_eq!(done, 100);
        }
    }

    #[test]
    fn an_error_of_the_tick_ends_the_work() {
        for threads in [NonZeroUsize::new(1), NonZeroUsize::new(2)] {
            let begun = AtomicUsize::new(0);
            let work = |_: &u64| {
                begun.fetch_add(1, Ordering::Relaxed);
                thread::sleep(TICK);
            };
            let stop = |_| Err(io::Error::other("stop"));
            let error = run(threads, &[0; 100], work, stop).unwrap_err();
            assert_eq!(error.to_string(), "stop");
            assert!(begun.into_inner() < 20);
        }
    }
}
