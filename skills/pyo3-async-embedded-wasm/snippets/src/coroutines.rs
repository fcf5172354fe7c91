//! Rust asks Python's coroutine functions for the codes of lockers.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{
    future_into_py, future_into_py_with_locals, get_current_locals, get_runtime, into_future, scope,
};
use pyo3_async_runtimes::{TaskLocals, into_future_with_locals};

// region: call
/// Calls a coroutine function of Python, and awaits what it returns on the event loop of `locals`.
async fn call(ask: &Py<PyAny>, locals: &TaskLocals, parcel: u64) -> PyResult<String> {
    let code = Python::attach(|py| {
        let awaitable = ask.bind(py).call1((parcel,))?;
        if !awaitable.hasattr("__await__")? {
            return Err(PyTypeError::new_err("`ask` must be a coroutine function"));
        }
        into_future_with_locals(locals, awaitable)
    })?;
    let code = code.await?;
    Python::attach(|py| code.extract(py))
}

/// Ask for the codes of many lockers, one after the other: an awaitable of them all.
#[pyfunction]
fn codes(py: Python<'_>, ask: Py<PyAny>, parcels: Vec<u64>) -> PyResult<Bound<'_, PyAny>> {
    // The event loop that runs now, and a copy of the caller's context variables.
    let locals = get_current_locals(py)?;
    future_into_py_with_locals(py, locals.clone(), async move {
        let mut codes = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            codes.push(call(&ask, &locals, parcel).await?);
        }
        Ok(codes)
    })
}
// endregion: call

// region: at_once
/// The same, up to `limit` at once; the codes in the order of the parcels.
#[pyfunction]
#[pyo3(signature = (ask, parcels, *, limit = 8))]
fn codes_at_once(
    py: Python<'_>,
    ask: Py<PyAny>,
    parcels: Vec<u64>,
    limit: usize,
) -> PyResult<Bound<'_, PyAny>> {
    let locals = get_current_locals(py)?;
    future_into_py_with_locals(py, locals.clone(), async move {
        // Nothing begins before it is polled.
        let calls = parcels.iter().map(|parcel| call(&ask, &locals, *parcel));
        let calls: Vec<_> = calls.collect();
        let codes = stream::iter(calls).buffered(limit.max(1));
        codes.try_collect::<Vec<_>>().await
    })
}
// endregion: at_once

/// Await a coroutine from a task of its own, with or without the locals of the caller.
#[pyfunction]
fn code_in_task(
    py: Python<'_>,
    ask: Py<PyAny>,
    parcel: u64,
    scoped: bool,
) -> PyResult<Bound<'_, PyAny>> {
    let locals = get_current_locals(py)?;
    let work = async move {
        let code = Python::attach(|py| into_future(ask.bind(py).call1((parcel,))?))?;
        code.await
    };
    future_into_py(py, async move {
        let task = match scoped {
            true => tokio::spawn(scope(locals, work)),
            false => tokio::spawn(work),
        };
        task.await
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?
    })
}

// region: sync
/// Calls a plain function with the context variables of `locals`.
fn call_sync(py: Python<'_>, function: &Py<PyAny>, locals: &TaskLocals) -> PyResult<Py<PyAny>> {
    let result = locals.context(py).call_method1("run", (function,))?;
    Ok(result.unbind())
}
// endregion: sync

/// Call a plain function from a thread of tokio, with or without the context variables of the caller.
#[pyfunction]
fn call_plain(py: Python<'_>, function: Py<PyAny>, in_context: bool) -> PyResult<Bound<'_, PyAny>> {
    let locals = get_current_locals(py)?;
    future_into_py(py, async move {
        Python::attach(|py| match in_context {
            true => call_sync(py, &function, &locals),
            false => function.call0(py),
        })
    })
}

// region: thread
/// Ask from a thread that may wait, for so many seconds: any thread but that of the event loop.
#[pyfunction]
fn code_from_thread(
    event_loop: &Bound<'_, PyAny>,
    ask: &Bound<'_, PyAny>,
    parcel: u64,
    seconds: f64,
) -> PyResult<String> {
    let asyncio = event_loop.py().import("asyncio")?;
    let coroutine = ask.call1((parcel,))?;
    let future = asyncio.call_method1("run_coroutine_threadsafe", (coroutine, event_loop))?;
    let code = future.call_method1("result", (seconds,));
    if code.is_err() {
        // Does nothing if the coroutine has ended.
        future.call_method0("cancel")?;
    }
    code?.extract()
}
// endregion: thread

/// Ask from a thread that Rust starts, and wait for it, detached.
#[pyfunction]
fn code_from_rust_thread(
    py: Python<'_>,
    event_loop: Py<PyAny>,
    ask: Py<PyAny>,
    parcel: u64,
) -> PyResult<String> {
    let work = move || {
        Python::attach(|py| code_from_thread(event_loop.bind(py), ask.bind(py), parcel, 30.0))
    };
    py.detach(|| std::thread::spawn(work).join())
        .map_err(|_| PyRuntimeError::new_err("the thread panicked"))?
}

// region: run
/// Run a coroutine function to its end where no event loop runs: in a plain program, or a thread of its own.
#[pyfunction]
fn code_by_run(ask: &Bound<'_, PyAny>, parcel: u64) -> PyResult<String> {
    let coroutine = ask.call1((parcel,))?;
    let asyncio = ask.py().import("asyncio")?;
    asyncio.call_method1("run", (coroutine,))?.extract()
}
// endregion: run

/// Start a coroutine, and drop the Rust future that waits for it after so many milliseconds.
#[pyfunction]
fn give_up(py: Python<'_>, awaitable: Bound<'_, PyAny>, millis: u64) -> PyResult<()> {
    let code = into_future(awaitable)?;
    let limit = Duration::from_millis(millis);
    py.detach(|| get_runtime().spawn(async move { tokio::time::timeout(limit, code).await }));
    Ok(())
}

#[pyo3::pymodule]
pub mod coroutines {
    #[pymodule_export]
    use super::{
        call_plain, code_by_run, code_from_rust_thread, code_from_thread, code_in_task, codes,
        codes_at_once, give_up,
    };
}
