//! The tokio runtime, what it does when Python forks or ends, and the way from a Rust future to an awaitable.

use std::io;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use pyo3::{IntoPyObjectExt, intern};
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

use crate::errors::Error;

/// Every job holds a receiver: it learns that Python ends, and it is counted.
static CLOSING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// Starts tokio with its own numbers of threads: names are looked up and files are read on the blocking ones.
fn start() -> io::Result<Runtime> {
    Runtime::new()
}

// region: runtime
/// The process that started the runtime, and the only one that has it. Only locked by threads that are attached, and
/// no Python code runs meanwhile, so no fork finds it locked.
static STARTED: Mutex<Option<(u32, &'static Runtime)>> = Mutex::new(None);

fn started(_: Python<'_>) -> MutexGuard<'static, Option<(u32, &'static Runtime)>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime, started by its first user.
pub fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    if started(py).is_none() {
        // Before the lock is taken, so by two threads at worst: `close` may run twice.
        let close = wrap_pyfunction!(close, py)?;
        py.import("atexit")?.call_method1("register", (close,))?;
    }
    let mut started = started(py);
    let (process, runtime) = match *started {
        Some(started) => started,
        None => *started.insert((std::process::id(), Box::leak(Box::new(start()?)))),
    };
    if process != std::process::id() {
        return Err(Error::Forked.into());
    }
    if *CLOSING.borrow() {
        return Err(Error::Closed.into());
    }
    Ok(runtime)
}

/// Drops all work while Python still lives: a thread that wakes up in a dying interpreter panics.
#[pyfunction]
fn close(py: Python<'_>) {
    // A forked child inherits this callback, but none of the threads that would do the work.
    let here = started(py).filter(|(process, _)| *process == std::process::id());
    let Some((_, runtime)) = here else { return };
    CLOSING.send_replace(true);
    // It takes microseconds; the limit is for work that blocks a thread.
    let closed = async { tokio::time::timeout(Duration::from_secs(1), CLOSING.closed()).await };
    let _ = py.detach(|| runtime.block_on(closed));
}

/// Counts `work` until it is done or dropped. `None` if Python ended first.
pub fn job<F: Future>(work: F) -> impl Future<Output = Option<F::Output>> {
    let mut closing = CLOSING.subscribe();
    async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => None,
            output = work => Some(output),
        }
    }
}

/// Runs `work` attached, on a thread that may wait for the GIL: on a worker all other futures would wait with it.
pub fn attached<T: Send + 'static>(
    work: impl FnOnce(Python<'_>) -> T + Send + 'static,
) -> impl Future<Output = Option<T>> {
    // `close` waits for this, so no thread attaches to an interpreter that is gone.
    let closing = CLOSING.subscribe();
    let output = tokio::task::spawn_blocking(move || {
        let output = Python::try_attach(work);
        drop(closing);
        output
    });
    async { output.await.ok().flatten() }
}

/// Makes an asyncio future of a Rust one. Cancelling the first drops the second.
pub fn awaitable<T, F>(py: Python<'_>, work: F) -> PyResult<Bound<'_, PyAny>>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = PyResult<T>> + Send + 'static,
{
    let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
    let runtime = runtime(py)?;
    let future = event_loop.call_method0(intern!(py, "create_future"))?;
    // The callback owns the sender: it is gone as soon as the future is done, cancelled or dropped.
    let (done, cancelled) = oneshot::channel::<()>();
    let callback = PyCFunction::new_closure(py, None, None, move |_, _| done.is_closed())?;
    future.call_method1(intern!(py, "add_done_callback"), (callback,))?;
    let (event_loop, target) = (event_loop.unbind(), future.clone().unbind());
    runtime.spawn(async move {
        let result = tokio::select! {
            result = job(work) => result,
            _ = cancelled => None,
        };
        if let Some(result) = result {
            // An error means that the event loop is closed, and nobody waits.
            let _ = attached(move |py| settle(py, &event_loop, target, result)).await;
        }
    });
    Ok(future)
}
// endregion: runtime

/// Has the event loop set the result of a future, unless it is cancelled by then.
fn settle<T>(
    py: Python<'_>,
    event_loop: &Py<PyAny>,
    future: Py<PyAny>,
    result: PyResult<T>,
) -> PyResult<()>
where
    T: for<'py> IntoPyObject<'py>,
{
    let (set, value) = match result.and_then(|value| value.into_py_any(py)) {
        Ok(value) => ("set_result", value),
        Err(error) => ("set_exception", error.into_value(py).into_any()),
    };
    let finish = PyCFunction::new_closure(py, None, None, move |args, _| -> PyResult<()> {
        let future = future.bind(args.py());
        if !future.call_method0("done")?.is_truthy()? {
            future.call_method1(set, (&value,))?;
        }
        Ok(())
    })?;
    event_loop.call_method1(py, intern!(py, "call_soon_threadsafe"), (finish,))?;
    Ok(())
}

/// Count the open feeds and unfinished awaitables; 0 once all are done or cancelled.
#[pyfunction]
pub fn running() -> usize {
    CLOSING.receiver_count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_blocks_holds_up_neither_results_nor_names_nor_files() {
        let runtime = start().unwrap();
        runtime.block_on(async {
            let (release, wait) = std::sync::mpsc::channel::<()>();
            let blocked = runtime.spawn_blocking(move || wait.recv().is_ok());
            let limit = Duration::from_secs(10);
            let result = tokio::time::timeout(limit, tokio::task::spawn_blocking(|| 5)).await;
            assert_eq!(result.unwrap().unwrap(), 5);
            let name = tokio::time::timeout(limit, tokio::net::lookup_host("localhost:80")).await;
            assert!(name.unwrap().unwrap().count() > 0);
            let text = tokio::time::timeout(limit, tokio::fs::read("Cargo.toml")).await;
            assert!(!text.unwrap().unwrap().is_empty());
            release.send(()).unwrap();
            assert!(blocked.await.unwrap());
        });
    }
}
