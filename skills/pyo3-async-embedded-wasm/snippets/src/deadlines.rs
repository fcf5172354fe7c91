//! A depot that answers late, and an office that closes in order.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3_async_runtimes::into_future_with_locals;
use pyo3_async_runtimes::tokio::{
    future_into_py, future_into_py_with_locals, get_current_locals, get_runtime,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::cancellation::PythonTask;

/// A time span as Python writes it: a number of seconds, not below 0.
fn seconds(value: f64) -> PyResult<Duration> {
    let span = Duration::try_from_secs_f64(value);
    span.map_err(|_| PyValueError::new_err(format!("{value} is not a number of seconds")))
}

fn late() -> PyErr {
    PyTimeoutError::new_err("the depot did not answer in time")
}

/// A depot that takes long for its first answers.
#[pyclass(frozen)]
struct Depot(Arc<Slow>);

struct Slow {
    left: AtomicUsize,
    asked: AtomicUsize,
    asking: AtomicUsize,
}

impl Slow {
    #[allow(deprecated, reason = "`try_update`, its other name, needs Rust 1.95")]
    async fn ask(&self, parcel: u64) -> PyResult<u64> {
        self.asked.fetch_add(1, Relaxed);
        self.asking.fetch_add(1, Relaxed);
        let _asking = Asking(self);
        let slow = self
            .left
            .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        if slow.is_ok() {
            std::future::pending::<()>().await;
        }
        Ok(parcel % 40)
    }
}

struct Asking<'a>(&'a Slow);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Relaxed);
    }
}

// region: again
/// How long one attempt may take, whatever time is left.
const ATTEMPT: Duration = Duration::from_millis(50);

/// Asks again and again until the deadline, which all attempts and pauses share.
async fn ask_again(depot: &Slow, parcel: u64, deadline: Instant) -> PyResult<u64> {
    let mut pause = Duration::from_millis(5);
    loop {
        let end = deadline.min(Instant::now() + ATTEMPT);
        if let Ok(shelf) = timeout_at(end, depot.ask(parcel)).await {
            return shelf;
        }
        if Instant::now() + pause >= deadline {
            // There is no use in waiting for a try that can't be made.
            return Err(late());
        }
        sleep(pause).await;
        pause *= 2;
    }
}
// endregion: again

#[pymethods]
impl Depot {
    #[new]
    fn new(slow: usize) -> Self {
        Self(Arc::new(Slow {
            left: slow.into(),
            asked: AtomicUsize::default(),
            asking: AtomicUsize::default(),
        }))
    }

    #[getter]
    fn asked(&self) -> usize {
        self.0.asked.load(Relaxed)
    }

    #[getter]
    fn asking(&self) -> usize {
        self.0.asking.load(Relaxed)
    }

    // region: ask
    /// Find the shelf of a parcel. TimeoutError if there is no answer in time.
    #[pyo3(signature = (parcel, *, timeout = None))]
    fn ask<'py>(
        &self,
        py: Python<'py>,
        parcel: u64,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let limit = timeout.map(seconds).transpose()?;
        // The clock starts at the call. A limit of centuries is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        let depot = Arc::clone(&self.0);
        future_into_py(py, async move {
            match deadline {
                Some(deadline) => ask_again(&depot, parcel, deadline).await,
                None => depot.ask(parcel).await,
            }
        })
    }
    // endregion: ask
}

/// Await a coroutine function of Python for so many seconds. Its task is cancelled then.
#[pyfunction]
fn within(py: Python<'_>, ask: Py<PyAny>, limit: f64) -> PyResult<Bound<'_, PyAny>> {
    let (limit, locals) = (seconds(limit)?, get_current_locals(py)?);
    future_into_py_with_locals(py, locals.clone(), async move {
        let task = Python::attach(|py| PythonTask::start(&locals, &ask.bind(py).call0()?))?;
        // Dropping the rest of `result` drops the task, which cancels it.
        timeout(limit, task.result()).await.map_err(|_| late())?
    })
}

/// The same by `into_future`, which cancels nothing.
#[pyfunction]
fn within_into_future(py: Python<'_>, ask: Py<PyAny>, limit: f64) -> PyResult<Bound<'_, PyAny>> {
    let (limit, locals) = (seconds(limit)?, get_current_locals(py)?);
    future_into_py_with_locals(py, locals.clone(), async move {
        let answer = Python::attach(|py| into_future_with_locals(&locals, ask.bind(py).call0()?))?;
        timeout(limit, answer).await.map_err(|_| late())?
    })
}

static SORTED: AtomicUsize = AtomicUsize::new(0);

async fn sort(_parcel: u64, millis: u64) {
    sleep(Duration::from_millis(millis)).await;
    SORTED.fetch_add(1, Relaxed);
}

/// Return how many parcels were sorted.
#[pyfunction]
fn sorted() -> usize {
    SORTED.load(Relaxed)
}

/// An office that sorts parcels in the background.
#[pyclass(frozen)]
struct Office {
    /// `None` once it is closed.
    jobs: Mutex<Option<JoinSet<()>>>,
}

impl Office {
    fn jobs(&self) -> MutexGuard<'_, Option<JoinSet<()>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// region: drain
/// Waits for all jobs until the limit, then drops the rest, and returns how many those were.
async fn drain(jobs: Option<JoinSet<()>>, limit: Duration) -> usize {
    let mut jobs = jobs.unwrap_or_default();
    let all = async { while jobs.join_next().await.is_some() {} };
    let _ = timeout(limit, all).await;
    while jobs.try_join_next().is_some() {}
    let dropped = jobs.len();
    // Waits until they are gone, with all that they hold.
    jobs.shutdown().await;
    dropped
}
// endregion: drain

#[pymethods]
impl Office {
    #[new]
    fn new() -> Self {
        let jobs = Mutex::new(Some(JoinSet::new()));
        Self { jobs }
    }

    /// Take a parcel, and sort it in the background. RuntimeError when the office is closed.
    fn accept(&self, parcel: u64, millis: u64) -> PyResult<()> {
        let mut jobs = self.jobs();
        let closed = || PyRuntimeError::new_err("the office is closed");
        let jobs = jobs.as_mut().ok_or_else(closed)?;
        // Jobs that have ended stay in the set until somebody looks.
        while jobs.try_join_next().is_some() {}
        jobs.spawn_on(sort(parcel, millis), get_runtime().handle());
        Ok(())
    }

    // region: office
    /// Take no more, and sort what was taken, for so many seconds: an awaitable of how many were given up.
    fn close<'py>(&self, py: Python<'py>, limit: f64) -> PyResult<Bound<'py, PyAny>> {
        let limit = seconds(limit)?;
        let jobs = self.jobs().take();
        future_into_py(py, async move { Ok(drain(jobs, limit).await) })
    }

    /// The same, waiting: for `atexit`, and programs without an event loop.
    fn close_and_wait(&self, py: Python<'_>, limit: f64) -> PyResult<usize> {
        let limit = seconds(limit)?;
        let jobs = self.jobs().take();
        Ok(py.detach(|| get_runtime().block_on(drain(jobs, limit))))
    }
    // endregion: office

    fn __aenter__(slf: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        future_into_py(py, async move { Ok(slf) })
    }

    /// Closes, and lets an error of the block pass, whatever it is.
    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(
        &self,
        py: Python<'py>,
        _error: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let jobs = self.jobs().take();
        future_into_py(py, async move {
            drain(jobs, Duration::from_secs(10)).await;
            Ok(())
        })
    }
}

#[pyo3::pymodule]
pub mod deadlines {
    #[pymodule_export]
    use super::{Depot, Office, sorted, within, within_into_future};
}
