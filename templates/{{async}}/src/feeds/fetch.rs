//! Python coroutines awaited in Rust.

use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::IntoPyDict;
use pyo3::{Borrowed, type_hint_identifier, type_hint_subscript};
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::get_current_locals;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::at_least_one;
use super::runtime::{Awaitable, awaitable, finished, job};
use crate::error::Error;

/// A call of a Python function whose result is awaited. Its methods run on the event loop.
#[pyclass(frozen)]
struct Call {
    fetch: Arc<Fetch>,
    symbol: String,
    answer: Mutex<Option<oneshot::Sender<PyResult<Py<PyAny>>>>>,
    task: PyOnceLock<Py<PyAny>>,
}

impl Call {
    fn answer(&self, result: PyResult<Py<PyAny>>) {
        let answer = self.answer.lock().ok().and_then(|mut answer| answer.take());
        // Nobody listens to a task that was cancelled.
        let _ = answer.map(|answer| answer.send(result));
    }
}

#[pymethods]
impl Call {
    fn start(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (py, call) = (slf.py(), slf.get());
        let result = call.fetch.0.bind(py).call1((&call.symbol,));
        let ensure_future = py.import("asyncio")?.getattr("ensure_future")?;
        match result.and_then(|awaitable| ensure_future.call1((awaitable,))) {
            Ok(task) => {
                task.call_method1("add_done_callback", (slf.getattr("done")?,))?;
                let _ = call.task.set(py, task.unbind());
            }
            Err(error) => call.answer(Err(error)),
        }
        Ok(())
    }

    fn done(&self, task: &Bound<'_, PyAny>) {
        self.answer(task.call_method0("result").map(Bound::unbind));
    }

    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(task) = self.task.get(py) {
            task.call_method0(py, "cancel")?;
        }
        Ok(())
    }
}

/// The Rust side of a call. Dropping it cancels the asyncio task.
///
/// `pyo3_async_runtimes::into_future` is shorter, but what it started goes on when it is dropped.
struct Calling {
    locals: TaskLocals,
    call: Py<Call>,
    result: oneshot::Receiver<PyResult<Py<PyAny>>>,
}

impl Calling {
    fn new(
        py: Python<'_>,
        locals: TaskLocals,
        fetch: Arc<Fetch>,
        symbol: String,
    ) -> PyResult<Self> {
        let (sender, result) = oneshot::channel();
        let call = Call {
            fetch,
            symbol,
            answer: Mutex::new(Some(sender)),
            task: PyOnceLock::new(),
        };
        let calling = Self {
            locals,
            call: Py::new(py, call)?,
            result,
        };
        calling.on_the_loop(py, "start")?;
        Ok(calling)
    }

    /// Has a method called by the event loop, with the context variables of `locals`.
    fn on_the_loop(&self, py: Python<'_>, method: &str) -> PyResult<()> {
        let keywords = [("context", self.locals.context(py))].into_py_dict(py)?;
        let method = self.call.bind(py).getattr(method)?;
        let event_loop = self.locals.event_loop(py);
        event_loop.call_method("call_soon_threadsafe", (method,), Some(&keywords))?;
        Ok(())
    }

    async fn result(&mut self) -> PyResult<Py<PyAny>> {
        (&mut self.result).await.map_err(|_| Error::Stopped)?
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        if !self.result.is_terminated() {
            // An error means that the event loop is closed, and its tasks with it.
            Python::try_attach(|py| self.on_the_loop(py, "cancel"));
        }
    }
}

/// A coroutine function of Python, from a symbol to its price; without this type it were `Any`.
pub struct Fetch(Py<PyAny>);

impl FromPyObject<'_, '_> for Fetch {
    type Error = PyErr;

    const INPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Callable"),
        PyStaticExpr::List {
            elts: &[String::OUTPUT_TYPE],
        },
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Awaitable"),
            f64::OUTPUT_TYPE
        )
    );

    fn extract(function: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err("`fetch` must be a coroutine function"));
        }
        Ok(Self(function.to_owned().unbind()))
    }
}

async fn price(locals: TaskLocals, fetch: Arc<Fetch>, symbol: String) -> PyResult<f64> {
    let mut calling = Python::attach(|py| Calling::new(py, locals, fetch, symbol))?;
    let price = calling.result().await?;
    Python::attach(|py| price.extract(py))
}

/// Fetch the prices of many symbols at once with a coroutine function of yours.
///
/// Rust calls `fetch(symbol)` and awaits it on the running event loop, with the caller's context
/// variables. The first error, or cancellation, cancels what still runs.
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
#[pyo3(signature = (fetch, symbols, *, limit = 8))]
pub fn fetch_all(
    py: Python<'_>,
    fetch: Fetch,
    symbols: Vec<String>,
    limit: u16,
) -> PyResult<Awaitable<'_, Vec<f64>>> {
    let gate = Arc::new(Semaphore::new(at_least_one("limit", limit)?));
    let fetch = Arc::new(fetch);
    let locals = get_current_locals(py)?;
    awaitable(py, async move {
        // Dropping the set drops its tasks, and they their Python halves.
        let mut fetches = JoinSet::new();
        for (place, symbol) in symbols.into_iter().enumerate() {
            let (gate, fetch, locals) = (Arc::clone(&gate), Arc::clone(&fetch), locals.clone());
            fetches.spawn(job(async move {
                let permit = gate.acquire().await.map_err(|_| Error::Stopped)?;
                // Kept for good after an error: no further fetch begins.
                let price = price(locals, fetch, symbol)
                    .await
                    .inspect_err(|_| permit.forget())?;
                PyResult::Ok((place, price))
            }));
        }
        let mut prices = Vec::with_capacity(fetches.len());
        while let Some(output) = fetches.join_next().await {
            prices.push(finished(output)??);
        }
        prices.sort_unstable_by_key(|(place, _)| *place);
        Ok(prices
            .into_iter()
            .map(|(_, price)| price)
            .collect::<Vec<_>>())
    })
}
