//! Quotes from a producer in Rust, over a bounded channel to an async iterator in Python.

use std::num::NonZeroU16;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::task::AbortHandle;

use crate::errors::{Error, Result};
use crate::runtime::{awaitable, job, runtime};
use crate::seconds;

/// Prices that move by `step` from `start`; an error, then the end, when they are no longer prices.
pub fn quotes(start: f64, step: f64) -> impl Iterator<Item = Result<f64>> {
    let mut price = Some(start);
    (0..).map_while(move |quotes| {
        let quote = price?;
        price = (quote > 0.0 && quote.is_finite()).then_some(quote + step);
        Some(price.map(|_| quote).ok_or(Error::Halted { quotes }))
    })
}

/// Sends quotes, one each `interval`, and makes none before the channel has room for it.
pub async fn produce(
    quotes: impl Iterator<Item = Result<f64>>,
    interval: Duration,
    channel: mpsc::Sender<Result<f64>>,
    produced: &AtomicU64,
) {
    for quote in quotes {
        if !interval.is_zero() {
            tokio::time::sleep(interval).await;
        }
        let Ok(place) = channel.reserve().await else {
            return;
        };
        produced.fetch_add(1, Ordering::Relaxed);
        place.send(quote);
    }
}

/// What the reader of a feed and its waiting futures share.
struct Shared {
    channel: tokio::sync::Mutex<mpsc::Receiver<Result<f64>>>,
    /// A quote that `wait` has received, for `take`: cancelling a reader loses none.
    next: Mutex<Option<Result<f64>>>,
    producer: AbortHandle,
    produced: Arc<AtomicU64>,
}

impl Shared {
    fn next(&self) -> MutexGuard<'_, Option<Result<f64>>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fill(&self) {
        let mut channel = self.channel.lock().await;
        if self.next().is_none() {
            let quote = channel.recv().await;
            *self.next() = quote;
        }
    }

    async fn close(&self) {
        // Before the lock: a reader that waits for a quote holds it.
        self.producer.abort();
        let mut channel = self.channel.lock().await;
        while channel.recv().await.is_some() {}
        self.next().take();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.producer.abort();
    }
}

/// Quotes of a simulated market. `Feed` makes an async iterator of it.
///
/// Production begins at once and pauses while `buffer` quotes wait to be read.
#[pyclass(frozen, module = "price_feeds._core")]
pub struct Quotes(Arc<Shared>);

#[pymethods]
impl Quotes {
    #[new]
    fn new(
        py: Python<'_>,
        start: f64,
        step: f64,
        interval: f64,
        count: Option<usize>,
        buffer: NonZeroU16,
    ) -> PyResult<Self> {
        let interval = seconds(interval)?;
        let (sender, receiver) = mpsc::channel(buffer.get().into());
        let produced = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&produced);
        let task = runtime(py)?.spawn(job(async move {
            let quotes = quotes(start, step).take(count.unwrap_or(usize::MAX));
            produce(quotes, interval, sender, &counter).await;
        }));
        Ok(Self(Arc::new(Shared {
            channel: receiver.into(),
            next: Mutex::default(),
            producer: task.abort_handle(),
            produced,
        })))
    }

    /// How many quotes have been made, read or not.
    #[getter]
    fn produced(&self) -> u64 {
        self.0.produced.load(Ordering::Relaxed)
    }

    // region: take
    /// Take a quote that is there, or None: then `wait` has to be awaited. Ends in StopAsyncIteration.
    fn take(&self) -> PyResult<Option<f64>> {
        if let Some(quote) = self.0.next().take() {
            return Ok(Some(quote?));
        }
        // Somebody else waits, and holds the lock.
        let Ok(mut channel) = self.0.channel.try_lock() else {
            return Ok(None);
        };
        match channel.try_recv() {
            Ok(quote) => Ok(Some(quote?)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(PyStopAsyncIteration::new_err(())),
        }
    }

    /// Wait until there is something to take: a quote, an error or the end. TimeoutError after `limit` seconds.
    #[pyo3(signature = (limit = None))]
    fn wait<'py>(&self, py: Python<'py>, limit: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let limit = limit.map(seconds).transpose()?;
        // Not the object but what it shares: that stays open for as long as somebody waits for it.
        let shared = Arc::clone(&self.0);
        awaitable(py, async move {
            let Some(limit) = limit else {
                shared.fill().await;
                return Ok(true);
            };
            let filled = tokio::time::timeout(limit, shared.fill()).await;
            Ok(filled.map(|()| true).map_err(|_| Error::NoQuote)?)
        })
    }
    // endregion: take

    /// End production, and drop what was not read.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.0);
        awaitable(py, async move {
            shared.close().await;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    #[test]
    fn a_price_of_zero_halts_the_trade() {
        let seen: Vec<_> = quotes(40.0, -20.0).collect();
        assert!(matches!(
            seen[..],
            [Ok(40.0), Ok(20.0), Err(Error::Halted { quotes: 2 })]
        ));
    }

    #[test]
    fn nothing_is_made_that_has_no_room() {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let produced = Arc::new(AtomicU64::new(0));
            let (sender, mut receiver) = mpsc::channel(3);
            let counter = Arc::clone(&produced);
            let task = tokio::spawn(async move {
                produce(quotes(1.0, 1.0), Duration::ZERO, sender, &counter).await;
            });
            for read in 0..5 {
                tokio::task::yield_now().await;
                assert_eq!(produced.load(Ordering::Relaxed), 3 + read);
                assert!(receiver.recv().await.is_some());
            }
            drop(receiver);
            task.await.unwrap();
        });
    }
}
