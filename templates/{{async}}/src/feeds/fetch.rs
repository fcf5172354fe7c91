//! Python coroutines awaited in Rust.

use std::sync::{Arc, Mutex};

use pyo3::exceptions::PyTypeError;
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3::{Borrowed, type_hint_identifier, type_hint_subscript};
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::get_current_locals;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use super::at_least_one;
use super::runtime::{Awaitable, awaitable, finished, job};
use crate::error::Error;

/// A coroutine on its event loop. Dropping this cancels the asyncio task.
///
/// `pyo3_async_runtimes::into_future` is shorter, but what it started goes on when it is dropped.
struct PythonTask {
    future: Py<PyAny>,
    result: oneshot::Receiver<PyResult<Py<PyAny>>>,
}

impl PythonTask {
    /// Starts a coroutine on the event loop, and with the context variables, of `locals`.
    fn start(locals: &TaskLocals, coroutine: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = coroutine.py();
        let asyncio = py.import("asyncio")?;
        let submit = asyncio.getattr("run_coroutine_threadsafe")?;
        let cancelled = asyncio.getattr("CancelledError")?.unbind();
        // A copy, because nothing can enter a context that another thread is in.
        let context = locals.context(py).call_method0("copy")?;
        let future = context
            .call_method1("run", (submit, coroutine, locals.event_loop(py)))
            .inspect_err(|_| {
                // Else Python warns that it was never awaited; what is no coroutine has no `close`.
                let _ = coroutine.call_method0("close");
            })?;
        let (sender, result) = oneshot::channel();
        let sender = Mutex::new(Some(sender));
        let done = move |args: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let future = args.get_item(0)?;
            let result = if future.call_method0("cancelled")?.is_truthy()? {
                Err(PyErr::from_value(cancelled.bind(args.py()).call0()?))
            } else {
                future.call_method0("result").map(Bound::unbind)
            };
            if let Some(sender) = sender.lock().ok().and_then(|mut sender| sender.take()) {
                // Nobody listens after the drop.
                let _ = sender.send(result);
            }
            PyResult::Ok(())
        };
        let done = PyCFunction::new_closure(py, None, None, done)?;
        future.call_method1("add_done_callback", (done,))?;
        Ok(Self {
            future: future.unbind(),
            result,
        })
    }

    async fn result(mut self) -> PyResult<Py<PyAny>> {
        (&mut self.result).await.map_err(|_| Error::Stopped)?
    }
}

impl Drop for PythonTask {
    fn drop(&mut self) {
        if !self.result.is_terminated() {
            Python::try_attach(|py| self.future.call_method0(py, "cancel"));
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
            elts: &[type_hint_identifier!("builtins", "str")]
        },
        type_hint_subscript!(
            type_hint_identifier!("collections.abc", "Coroutine"),
            type_hint_identifier!("builtins", "object"),
            type_hint_identifier!("builtins", "object"),
            type_hint_identifier!("builtins", "float")
        )
    );

    fn extract(function: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if !function.is_callable() {
            return Err(PyTypeError::new_err("`fetch` must be a coroutine function"));
        }
        Ok(Self(function.to_owned().unbind()))
    }
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
                let _permit = gate.acquire().await.map_err(|_| Error::Stopped)?;
                let task = Python::attach(|py| {
                    PythonTask::start(&locals, &fetch.0.bind(py).call1((symbol,))?)
                })?;
                let price = task.result().await?;
                let price: f64 = Python::attach(|py| price.extract(py))?;
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
