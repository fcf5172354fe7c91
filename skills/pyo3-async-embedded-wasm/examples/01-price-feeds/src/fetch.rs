//! Python coroutines awaited in Rust, a few at a time.

use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream::{self, StreamExt};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::IntoPyDict;
use pyo3::{PyTraverseError, PyVisit};
use tokio::sync::{oneshot, watch};

use crate::errors::Error;
use crate::runtime::{attached, awaitable};

/// A call of a Python function whose result is awaited. Its methods run on the event loop.
#[pyclass(frozen)]
struct Call {
    fetch: Py<PyAny>,
    symbol: String,
    answer: Mutex<Option<oneshot::Sender<PyResult<f64>>>>,
    task: Mutex<Option<Py<PyAny>>>,
    stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Call {
    fn answer(&self, result: PyResult<f64>) {
        // Nobody listens to a task that was cancelled.
        let answer = lock(&self.answer).take();
        let _ = answer.map(|answer| answer.send(result));
    }

    fn task(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.task).as_ref().map(|task| task.clone_ref(py))
    }
}

#[pymethods]
impl Call {
    fn start(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, call) = (slf.py(), slf.get());
        if call.stopped.load(Ordering::Relaxed) {
            return Ok(());
        }
        let result = call.fetch.bind(py).call1((&call.symbol,));
        let ensure_future = py.import("asyncio")?.getattr("ensure_future")?;
        match result.and_then(|awaitable| ensure_future.call1((awaitable,))) {
            Ok(task) => {
                lock(&call.task).replace(task.clone().unbind());
                task.call_method1("add_done_callback", (slf.getattr("done")?,))?;
            }
            Err(error) => call.answer(Err(error)),
        }
        Ok(())
    }

    fn done(&self, task: &Bound<'_, PyAny>) {
        // Here, on the thread that is attached anyway, the result becomes a number.
        let result = task.call_method0("result");
        self.answer(result.and_then(|price| price.extract()));
    }

    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        self.stopped.store(true, Ordering::Relaxed);
        if let Some(task) = self.task(py) {
            task.call_method0(py, "cancel")?;
        }
        Ok(())
    }

    // The task has a callback that has the call that has the task: a circle, if the event loop ends first.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.fetch)?;
        self.task
            .try_lock()
            .map_or(Ok(()), |task| visit.call(&*task))
    }

    fn __clear__(&self) {
        let task = lock(&self.task).take();
        drop(task);
    }
}

/// Where coroutines run: the caller's event loop and context variables.
struct Place {
    event_loop: Py<PyAny>,
    context: Py<PyAny>,
}

impl Place {
    fn current(py: Python<'_>) -> PyResult<Self> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let context = py.import("contextvars")?.call_method0("copy_context")?;
        Ok(Self {
            event_loop: event_loop.unbind(),
            context: context.unbind(),
        })
    }

    /// Has a method of a call called by the event loop.
    fn schedule(&self, py: Python<'_>, call: &Py<Call>, method: &str) -> PyResult<()> {
        let keywords = [("context", &self.context)].into_py_dict(py)?;
        let method = call.bind(py).getattr(method)?;
        let event_loop = self.event_loop.bind(py);
        event_loop.call_method("call_soon_threadsafe", (method,), Some(&keywords))?;
        Ok(())
    }
}

/// The Rust side of a call. Dropping it cancels the asyncio task.
///
/// What `pyo3_async_runtimes::into_future` starts would go on when it is dropped.
struct Fetch {
    place: Arc<Place>,
    call: Arc<Py<Call>>,
    result: oneshot::Receiver<PyResult<f64>>,
}

impl Fetch {
    fn new(
        py: Python<'_>,
        place: &Arc<Place>,
        fetch: &Py<PyAny>,
        symbol: String,
    ) -> PyResult<Self> {
        let (sender, result) = oneshot::channel();
        let call = Call {
            fetch: fetch.clone_ref(py),
            symbol,
            answer: Mutex::new(Some(sender)),
            task: Mutex::default(),
            stopped: AtomicBool::new(false),
        };
        Ok(Self {
            place: Arc::clone(place),
            call: Arc::new(Py::new(py, call)?),
            result,
        })
    }

    fn schedule(&self, method: &'static str) -> impl Future<Output = Option<PyResult<()>>> + use<> {
        let (place, call) = (Arc::clone(&self.place), Arc::clone(&self.call));
        attached(move |py| place.schedule(py, &call, method))
    }

    // region: price
    /// Runs the coroutine until it is done. When `stop` says so, cancels it, and still waits for its end.
    async fn price(mut self, mut stop: watch::Receiver<bool>) -> PyResult<f64> {
        if *stop.borrow() {
            return Err(Error::Stopped.into());
        }
        self.schedule("start").await.ok_or(Error::Closed)??;
        let result = tokio::select! {
            result = &mut self.result => Some(result),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        let result = match result {
            Some(result) => result,
            None => {
                self.schedule("cancel").await.ok_or(Error::Closed)??;
                (&mut self.result).await
            }
        };
        result.map_err(|_| Error::Stopped)?
    }
    // endregion: price
}

impl Drop for Fetch {
    fn drop(&mut self) {
        // An error means that the event loop is closed, and its tasks with it.
        if !self.result.is_terminated() {
            self.call.get().stopped.store(true, Ordering::Relaxed);
            if tokio::runtime::Handle::try_current().is_ok() {
                drop(self.schedule("cancel"));
            }
        }
    }
}

// region: fetch
/// Fetch the prices of many symbols at once with a coroutine function of yours.
///
/// Rust calls `fetch(symbol)` and awaits it on the running event loop, with the caller's context variables. After the
/// first error no further fetch begins, those that run are cancelled, and the error is raised when they have ended.
///
/// Args:
///     fetch: A coroutine function from a symbol to its price.
///     symbols: What to fetch.
///     limit: How many fetches may run at a time, 1 to 65535.
///
/// Returns:
///     An awaitable of the prices, in the order of the symbols.
///
/// Raises:
///     ValueError: If the limit is 0.
///     RuntimeError: If no event loop is running.
///     Exception: What a fetch raised.
#[pyfunction]
#[pyo3(signature = (fetch, symbols, *, limit = NonZeroU16::new(8).unwrap()))]
pub fn fetch_all<'py>(
    py: Python<'py>,
    fetch: Py<PyAny>,
    symbols: Vec<String>,
    limit: NonZeroU16,
) -> PyResult<Bound<'py, PyAny>> {
    if !fetch.bind(py).is_callable() {
        return Err(PyTypeError::new_err("`fetch` must be a coroutine function"));
    }
    let place = Arc::new(Place::current(py)?);
    let fetches = symbols.into_iter();
    let fetches = fetches.map(|symbol| Fetch::new(py, &place, &fetch, symbol));
    let fetches = fetches.collect::<PyResult<Vec<_>>>()?;
    awaitable(py, async move {
        let (stop, stopped) = watch::channel(false);
        let numbered = fetches.into_iter().enumerate().map(|(place, fetch)| {
            let stopped = stopped.clone();
            async move { fetch.price(stopped).await.map(|price| (place, price)) }
        });
        let mut results = stream::iter(numbered).buffer_unordered(limit.get().into());
        let (mut prices, mut first) = (Vec::new(), None);
        while let Some(result) = results.next().await {
            match result {
                Ok(price) => prices.push(price),
                Err(error) => {
                    first.get_or_insert(error);
                    stop.send_replace(true);
                }
            }
        }
        prices.sort_unstable_by_key(|(place, _)| *place);
        let prices = prices.into_iter().map(|(_, price)| price);
        first.map_or_else(|| Ok(prices.collect::<Vec<_>>()), Err)
    })
}
// endregion: fetch
