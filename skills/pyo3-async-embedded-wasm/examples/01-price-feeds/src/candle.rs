//! Prices from a Python async iterator, over a bounded channel to a consumer in Rust.

use std::num::NonZeroU16;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinHandle};

use crate::errors::{Error, Result};
use crate::runtime::{awaitable, job, runtime};

/// What a series of prices comes to.
#[pyclass(eq, frozen, get_all, module = "price_feeds")]
#[derive(Debug, PartialEq)]
pub struct Candle {
    /// The first price.
    open: f64,
    /// The highest price.
    high: f64,
    /// The lowest price.
    low: f64,
    /// The last price.
    close: f64,
}

/// Reads prices until the channel ends.
///
/// # Errors
///
/// [`Error::BadPrice`] for the first that is not above 0, [`Error::NoPrices`] if there is none.
pub async fn collect(mut prices: mpsc::Receiver<f64>) -> Result<Candle> {
    let mut candle: Option<Candle> = None;
    while let Some(price) = prices.recv().await {
        if !(price.is_finite() && price > 0.0) {
            return Err(Error::BadPrice(price));
        }
        let candle = candle.get_or_insert(Candle {
            open: price,
            high: price,
            low: price,
            close: price,
        });
        candle.high = candle.high.max(price);
        candle.low = candle.low.min(price);
        candle.close = price;
    }
    candle.ok_or(Error::NoPrices)
}

type Work = JoinHandle<Option<Result<Candle>>>;

/// A consumer of prices, running in Rust; `summarize` feeds it.
///
/// Args:
///     buffer: How many prices may wait for it, 1 to 65535.
///
/// Raises:
///     ValueError: If the buffer is 0.
///     ClosedError: In a process that was forked after the first use of this module.
#[pyclass(frozen, module = "price_feeds._core")]
pub struct Collector {
    open: Mutex<Option<(mpsc::Sender<f64>, Work)>>,
    work: AbortHandle,
}

impl Collector {
    fn open(&self) -> MutexGuard<'_, Option<(mpsc::Sender<f64>, Work)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Collector {
    #[new]
    fn new(py: Python<'_>, buffer: NonZeroU16) -> PyResult<Self> {
        let (sender, receiver) = mpsc::channel(buffer.get().into());
        let work = runtime(py)?.spawn(job(collect(receiver)));
        Ok(Self {
            work: work.abort_handle(),
            open: Mutex::new(Some((sender, work))),
        })
    }

    /// Hand a price over if there is room: a call, where `send` is a trip to another thread.
    ///
    /// Args:
    ///     price: The next price.
    ///
    /// Returns:
    ///     Whether it was taken.
    fn offer(&self, price: f64) -> bool {
        let open = self.open();
        open.as_ref()
            .is_some_and(|(channel, _)| channel.try_send(price).is_ok())
    }

    /// Hand a price over as soon as there is room.
    ///
    /// Args:
    ///     price: The next price.
    ///
    /// Returns:
    ///     An awaitable: whether the consumer wants more. If not, `finish` says why.
    fn send<'py>(&self, py: Python<'py>, price: f64) -> PyResult<Bound<'py, PyAny>> {
        let channel = self.open().as_ref().map(|(channel, _)| channel.clone());
        awaitable(py, async move {
            Ok(match channel {
                Some(channel) => channel.send(price).await.is_ok(),
                None => false,
            })
        })
    }

    /// End the series.
    ///
    /// Returns:
    ///     An awaitable of the candle.
    ///
    /// Raises:
    ///     PriceError: If a price was not above 0, or there was none.
    ///     ClosedError: If the series has ended before.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (channel, work) = self.open().take().ok_or(Error::Stopped)?;
        drop(channel);
        awaitable(py, async move {
            let output = work.await.ok().flatten();
            Ok(output.ok_or(Error::Stopped)??)
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.work.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    fn collected(prices: &[f64]) -> Result<Candle> {
        let (sender, receiver) = mpsc::channel(prices.len() + 1);
        for price in prices {
            assert!(sender.try_send(*price).is_ok());
        }
        drop(sender);
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(collect(receiver))
    }

    #[test]
    fn a_candle_has_the_extremes_and_the_ends() {
        let candle = Candle {
            open: 2.0,
            high: 5.0,
            low: 1.0,
            close: 4.0,
        };
        assert_eq!(collected(&[2.0, 5.0, 1.0, 4.0]).unwrap(), candle);
    }

    #[test]
    fn a_price_is_above_zero() {
        let error = collected(&[2.0, -1.0, 3.0]).unwrap_err();
        assert!(matches!(error, Error::BadPrice(-1.0)));
        assert!(matches!(collected(&[]), Err(Error::NoPrices)));
    }
}
