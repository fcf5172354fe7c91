//! Scans of parcels on a belt, from Rust to Python and from Python to Rust.

use std::num::NonZeroU16;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyValueError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::{AbortHandle, JoinHandle};

type Scan = Result<u64, String>;

/// Numbers of parcels; the scanner fails at one of them.
fn scan(count: u64, fail_at: Option<u64>) -> impl Iterator<Item = Scan> {
    (0..count).map(move |parcel| match Some(parcel) == fail_at {
        true => Err(format!("the label of parcel {parcel} is torn")),
        false => Ok(parcel),
    })
}

/// Sends scans, and makes none before there is room for it.
async fn produce(
    scans: impl Iterator<Item = Scan>,
    channel: mpsc::Sender<Scan>,
    made: Arc<AtomicU64>,
) {
    let mut scans = scans;
    while let Ok(place) = channel.reserve().await {
        let Some(scan) = scans.next() else { return };
        made.fetch_add(1, Relaxed);
        let failed = scan.is_err();
        place.send(scan);
        if failed {
            return;
        }
    }
}

/// What the reader and its waiting future share.
struct Shared {
    channel: AsyncMutex<mpsc::Receiver<Scan>>,
    /// What `wait` has received, for `take`: a cancelled reader loses nothing.
    first: Mutex<Option<Scan>>,
    producer: AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.producer.abort();
    }
}

impl Shared {
    fn first(&self) -> MutexGuard<'_, Option<Scan>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Scans that Rust makes; `streaming.scans` is the async iterator over them.
#[pyclass(frozen)]
struct Scans {
    shared: Arc<Shared>,
    made: Arc<AtomicU64>,
}

#[pymethods]
impl Scans {
    #[new]
    #[pyo3(signature = (count, buffer, fail_at = None))]
    fn new(count: u64, buffer: NonZeroU16, fail_at: Option<u64>) -> Self {
        let (sender, receiver) = mpsc::channel(buffer.get().into());
        let made = Arc::new(AtomicU64::default());
        let work = produce(scan(count, fail_at), sender, Arc::clone(&made));
        let shared = Shared {
            channel: receiver.into(),
            first: Mutex::default(),
            producer: get_runtime().spawn(work).abort_handle(),
        };
        let shared = Arc::new(shared);
        Self { shared, made }
    }

    /// How many scans have been made.
    #[getter]
    fn made(&self) -> u64 {
        self.made.load(Relaxed)
    }

    // region: take
    /// Take up to `most` scans that are there. Empty: await `wait`. Ends in StopAsyncIteration.
    fn take(&self, most: usize) -> PyResult<Vec<u64>> {
        let mut scans = Vec::new();
        // Somebody else waits, and holds the lock.
        let Ok(mut channel) = self.shared.channel.try_lock() else {
            return Ok(scans);
        };
        let mut first = self.shared.first();
        while scans.len() < most {
            match first.take().map_or_else(|| channel.try_recv(), Ok) {
                Ok(Ok(scan)) => scans.push(scan),
                // The error waits until the scans before it are taken.
                Ok(error) if !scans.is_empty() => {
                    *first = Some(error);
                    break;
                }
                Ok(Err(message)) => return Err(PyValueError::new_err(message)),
                Err(mpsc::error::TryRecvError::Disconnected) if scans.is_empty() => {
                    return Err(PyStopAsyncIteration::new_err(()));
                }
                Err(_) => break,
            }
        }
        Ok(scans)
    }

    /// Wait until `take` has something to say.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.shared);
        future_into_py(py, async move {
            let mut channel = shared.channel.lock().await;
            if shared.first().is_none() {
                let scan = channel.recv().await;
                *shared.first() = scan;
            }
            Ok(())
        })
    }
    // endregion: take

    /// End the producer. What was made can still be taken.
    fn close(&self) {
        self.shared.producer.abort();
    }
}

/// The same as an async iterator of Rust's own: simple, with a trip between threads for each scan.
#[pyclass(frozen)]
struct OneByOne(Arc<Shared>);

#[pymethods]
impl OneByOne {
    #[new]
    fn new(scans: &Scans) -> Self {
        Self(Arc::clone(&scans.shared))
    }

    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    // region: one
    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.0);
        future_into_py(py, async move {
            match shared.channel.lock().await.recv().await {
                Some(scan) => scan.map_err(PyValueError::new_err),
                None => Err(PyStopAsyncIteration::new_err(())),
            }
        })
    }
    // endregion: one
}

type Open = (mpsc::Sender<Vec<u64>>, JoinHandle<PyResult<u64>>);

/// Adds up what Python sends, in a task of tokio.
#[pyclass(frozen)]
struct Sorter {
    open: Mutex<Option<Open>>,
    work: AbortHandle,
}

impl Sorter {
    fn channel(&self) -> Option<mpsc::Sender<Vec<u64>>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().map(|(channel, _)| channel.clone())
    }
}

async fn add_up(mut batches: mpsc::Receiver<Vec<u64>>, limit: u64) -> PyResult<u64> {
    let mut sum = 0;
    while let Some(batch) = batches.recv().await {
        sum += batch.iter().sum::<u64>();
        if sum > limit {
            return Err(PyValueError::new_err("the van is full"));
        }
    }
    Ok(sum)
}

impl Drop for Sorter {
    fn drop(&mut self) {
        self.work.abort();
    }
}

#[pymethods]
impl Sorter {
    #[new]
    fn new(buffer: NonZeroU16, limit: u64) -> Self {
        let (sender, batches) = mpsc::channel(buffer.get().into());
        let work = get_runtime().spawn(add_up(batches, limit));
        Self {
            work: work.abort_handle(),
            open: Mutex::new(Some((sender, work))),
        }
    }

    /// Hand a batch over if there is room: a call, where `send` is a trip to another thread.
    fn offer(&self, batch: Vec<u64>) -> bool {
        self.channel()
            .is_some_and(|channel| channel.try_send(batch).is_ok())
    }

    /// Hand a batch over as soon as there is room: an awaitable of whether more is wanted.
    fn send<'py>(&self, py: Python<'py>, batch: Vec<u64>) -> PyResult<Bound<'py, PyAny>> {
        let channel = self.channel();
        future_into_py(py, async move {
            Ok(match channel {
                Some(channel) => channel.send(batch).await.is_ok(),
                None => false,
            })
        })
    }

    /// End the stream: an awaitable of the sum, or of the error that ended the work.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let open = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (channel, work) = open.ok_or_else(|| PyRuntimeError::new_err("it is finished"))?;
        drop(channel);
        let stopped = |_| PyRuntimeError::new_err("the work was stopped");
        future_into_py(py, async move { work.await.map_err(stopped)? })
    }
}

#[pyo3::pymodule]
pub mod streams {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{OneByOne, Scans, Sorter};
}
