//! Parcels weighed by a depot that takes its time, awaited by Python.
//!
//! A future that tokio runs must be `Send`, and what it returns, too:
//!
//! ```compile_fail,E0277
//! use pyo3::prelude::*;
//! use std::rc::Rc;
//!
//! fn weigh(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
//!     let parcel = Rc::new(4711);
//!     pyo3_async_runtimes::tokio::future_into_py(py, async move { Ok(*parcel) })
//! }
//! # fn main() {}
//! ```

use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use pyo3::exceptions::{PyRuntimeError, PyStopIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3::{IntoPyObjectExt, intern};
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::oneshot;

/// What can go wrong at the depot. Nothing of Python is in it.
#[derive(Debug)]
struct UnknownParcel(u64);

impl From<UnknownParcel> for PyErr {
    fn from(UnknownParcel(number): UnknownParcel) -> Self {
        PyValueError::new_err(format!("the depot has no parcel {number}"))
    }
}

/// The weight in grams, after so many milliseconds.
async fn ask(parcel: u64, millis: u64) -> Result<u64, UnknownParcel> {
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    if parcel == 0 {
        return Err(UnknownParcel(parcel));
    }
    Ok(100 + parcel % 5_000)
}

// region: weigh
/// Weigh a parcel: an awaitable of the weight in grams. ValueError if there is no such parcel.
#[pyfunction]
fn weigh(py: Python<'_>, parcel: u64, millis: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move { Ok(ask(parcel, millis).await?) })
}
// endregion: weigh

// region: ready
/// Weigh a parcel: an awaitable that is done already if the depot needn't be asked.
#[pyfunction]
fn weigh_soon(py: Python<'_>, parcel: u64, millis: u64) -> PyResult<Bound<'_, PyAny>> {
    let mut work = Box::pin(async move { Ok(ask(parcel, millis).await?) });
    let first = py.detach(|| {
        // Timers and sockets that the first step makes belong to this runtime.
        let _tokio = get_runtime().enter();
        work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    });
    match first {
        Poll::Ready(result) => done(py, result),
        // Polled again by tokio, with a waker that wakes.
        Poll::Pending => future_into_py(py, work),
    }
}
// endregion: ready

/// A future of asyncio that has its result.
fn done(py: Python<'_>, result: PyResult<u64>) -> PyResult<Bound<'_, PyAny>> {
    let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
    let future = event_loop.call_method0("create_future")?;
    settle(&future, result)?;
    Ok(future)
}

/// Weigh many parcels, so many at a time: one awaitable of all weights, in the order of the parcels.
#[pyfunction]
#[pyo3(signature = (parcels, millis, *, limit = 100))]
fn weigh_all(
    py: Python<'_>,
    parcels: Vec<u64>,
    millis: u64,
    limit: usize,
) -> PyResult<Bound<'_, PyAny>> {
    // region: all
    future_into_py(py, async move {
        let weighings = parcels.into_iter().map(|parcel| ask(parcel, millis));
        let weighings = stream::iter(weighings).buffered(limit.max(1));
        // The first error drops the rest.
        Ok(weighings.try_collect::<Vec<_>>().await?)
    })
    // endregion: all
}

type Letter = (Py<PyAny>, PyResult<u64>);

static CLOSING: AtomicBool = AtomicBool::new(false);
static ATTACHING: AtomicUsize = AtomicUsize::new(0);

/// Held by a thread that attaches: Python doesn't end before it is dropped.
struct Attaching;

impl Attaching {
    fn begin() -> Option<Self> {
        ATTACHING.fetch_add(1, SeqCst);
        let attaching = Self;
        (!CLOSING.load(SeqCst)).then_some(attaching)
    }
}

impl Drop for Attaching {
    fn drop(&mut self) {
        ATTACHING.fetch_sub(1, SeqCst);
    }
}

/// Called by `atexit`: lets no more threads attach, and waits for those that do.
#[pyfunction]
fn close(py: Python<'_>) {
    CLOSING.store(true, SeqCst);
    let end = Instant::now() + Duration::from_secs(1);
    py.detach(|| {
        while ATTACHING.load(SeqCst) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// Results on their way to one event loop, which fetches all that are there.
struct Mailbox {
    event_loop: Py<PyAny>,
    letters: Mutex<Vec<(Py<PyAny>, PyResult<u64>)>>,
}

impl Mailbox {
    fn letters(&self) -> MutexGuard<'_, Vec<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // region: post
    /// Leaves a result. The first in an empty box tells the event loop, from a thread that may wait for the GIL.
    fn post(self: &Arc<Self>, letter: Letter) {
        let mut letters = self.letters();
        letters.push(letter);
        if let (1, Some(attaching)) = (letters.len(), Attaching::begin()) {
            let mailbox = Arc::clone(self);
            get_runtime().spawn_blocking(move || {
                Python::try_attach(|py| {
                    if mailbox.notify(py).is_err() {
                        // The event loop is closed: nobody will ever come.
                        let _unread = mem::take(&mut *mailbox.letters());
                    }
                });
                drop(attaching);
            });
        }
    }

    // endregion: post
    fn notify(self: &Arc<Self>, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let mailbox = Arc::clone(self);
        let deliver = move |args: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            mailbox.deliver(args.py());
        };
        let deliver = PyCFunction::new_closure(py, None, None, deliver)?;
        let method = intern!(py, "call_soon_threadsafe");
        self.event_loop.call_method1(py, method, (deliver,))
    }

    // region: deliver
    /// Runs on the thread of the event loop.
    fn deliver(&self, py: Python<'_>) {
        let letters = mem::take(&mut *self.letters());
        for (future, result) in letters {
            let future = future.into_bound(py);
            if let Err(error) = settle(&future, result) {
                error.write_unraisable(py, Some(&future));
            }
        }
    }
    // endregion: deliver
}

/// Sets the result of a future.
fn settle(future: &Bound<'_, PyAny>, result: PyResult<u64>) -> PyResult<()> {
    let py = future.py();
    // It may have been cancelled, and would refuse a result.
    if !future.call_method0(intern!(py, "done"))?.is_truthy()? {
        match result.and_then(|weight| weight.into_py_any(py)) {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error,))?,
        };
    }
    Ok(())
}

/// Posts the result of a weighing; an error, if the work ends without one, as it does by a panic.
struct Reply {
    mailbox: Arc<Mailbox>,
    future: Option<Py<PyAny>>,
}

impl Reply {
    fn send(&mut self, result: PyResult<u64>) {
        if let Some(future) = self.future.take() {
            self.mailbox.post((future, result));
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        self.send(Err(PyRuntimeError::new_err("the weighing was given up")));
    }
}

/// A depot, for the event loop that runs when it is made.
#[pyclass(frozen)]
struct Depot(Arc<Mailbox>);

#[pymethods]
impl Depot {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        static REGISTERED: PyOnceLock<()> = PyOnceLock::new();
        REGISTERED.get_or_try_init(py, || {
            let close = wrap_pyfunction!(close, py)?;
            py.import("atexit")?.call_method1("register", (close,))?;
            PyResult::Ok(())
        })?;
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        Ok(Self(Arc::new(Mailbox {
            event_loop: event_loop.unbind(),
            letters: Mutex::default(),
        })))
    }

    /// Weigh a parcel: an awaitable of the weight in grams. ValueError if there is no such parcel.
    fn weigh<'py>(&self, py: Python<'py>, parcel: u64, millis: u64) -> PyResult<Bound<'py, PyAny>> {
        let event_loop = self.0.event_loop.bind(py);
        // region: depot
        let awaitable = event_loop.call_method0(intern!(py, "create_future"))?;
        // asyncio lets go of the callback when the future is done, cancelled or forgotten, which drops the sender.
        let (unwanted, cancelled) = oneshot::channel::<()>();
        let callback = PyCFunction::new_closure(py, None, None, move |_, _| unwanted.is_closed())?;
        awaitable.call_method1(intern!(py, "add_done_callback"), (callback,))?;
        let (mailbox, future) = (Arc::clone(&self.0), Some(awaitable.clone().unbind()));
        get_runtime().spawn(async move {
            let mut reply = Reply { mailbox, future };
            tokio::select! {
                weight = ask(parcel, millis) => reply.send(weight.map_err(PyErr::from)),
                _ = cancelled => drop(reply.future.take()),
            }
        });
        // endregion: depot
        Ok(awaitable)
    }
}

/// Raise StopIteration in an awaiting caller.
#[pyfunction]
fn weigh_last(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(
        py,
        async move { Err::<u64, _>(PyStopIteration::new_err(())) },
    )
}

/// Panic in a future.
#[pyfunction]
fn weigh_gold(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    let work: Pin<Box<dyn Future<Output = PyResult<u64>> + Send>> =
        Box::pin(async { panic!("the scales broke") });
    future_into_py(py, work)
}

/// Stay attached for so many milliseconds.
#[pyfunction]
fn stay_attached(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

#[pyo3::pymodule]
pub mod awaitables {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{Depot, stay_attached, weigh, weigh_all, weigh_gold, weigh_last, weigh_soon};
}
