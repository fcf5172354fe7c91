//! What the guide shows: an awaitable that survives cancellation, a fork and the end of Python.

// region: awaitable
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use tokio::runtime::Runtime;
use tokio::sync::{oneshot, watch};

/// tokio's threads, the process that has them, and the word to stop, for which all work listens.
struct Engine {
    process: u32,
    runtime: Runtime,
    closing: watch::Sender<bool>,
}

/// Locked only by attached threads, and with no Python code under it: so no fork finds it locked.
static ENGINE: Mutex<Option<&'static Engine>> = Mutex::new(None);

/// Returns the engine of this process; the child of a fork gets a new one.
fn engine(_: Python<'_>) -> PyResult<&'static Engine> {
    let mut engine = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some(engine) = engine.filter(|engine| engine.process == process) {
        return Ok(engine);
    }
    let (runtime, closing) = (Runtime::new()?, watch::Sender::new(false));
    let new = Engine {
        process,
        runtime,
        closing,
    };
    Ok(*engine.insert(Box::leak(Box::new(new))))
}

/// Makes an asyncio future of a Rust one, which begins at once. Cancelling the first drops the second.
fn awaitable<T, F>(py: Python<'_>, work: F) -> PyResult<Bound<'_, PyAny>>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = PyResult<T>> + Send + 'static,
{
    let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
    let engine = engine(py)?;
    let mut closing = engine.closing.subscribe();
    if *closing.borrow() {
        return Err(PyRuntimeError::new_err("Python is ending"));
    }
    let future = event_loop.call_method0("create_future")?;
    // asyncio drops the callback, and with it the sender, once the future is done or cancelled.
    let (done, cancelled) = oneshot::channel::<()>();
    let callback = PyCFunction::new_closure(py, None, None, move |_, _| done.is_closed())?;
    future.call_method1("add_done_callback", (callback,))?;
    let (event_loop, target) = (event_loop.unbind(), future.clone().unbind());
    engine.runtime.spawn(async move {
        let result = tokio::select! {
            result = work => result,
            _ = cancelled => return,
            _ = closing.wait_for(|closing| *closing) => return,
        };
        // On a thread that may wait for the interpreter; `close` waits for it, as long as it holds `closing`.
        let settled = tokio::task::spawn_blocking(move || {
            // An error means that the event loop is closed, and nobody waits.
            Python::try_attach(|py| settle(py, &event_loop, target, result).ok());
            drop(closing);
        });
        let _ = settled.await;
    });
    Ok(future)
}

/// Hands the result over to the event loop's thread, which is the only one that may touch the future.
fn settle<T>(
    py: Python<'_>,
    event_loop: &Py<PyAny>,
    future: Py<PyAny>,
    result: PyResult<T>,
) -> PyResult<()>
where
    T: for<'py> IntoPyObject<'py>,
{
    let (method, value) = match result.and_then(|value| value.into_py_any(py)) {
        Ok(value) => ("set_result", value),
        Err(error) => ("set_exception", error.into_value(py).into_any()),
    };
    let finish = PyCFunction::new_closure(py, None, None, move |args, _| -> PyResult<()> {
        let future = future.bind(args.py());
        if !future.call_method0("done")?.is_truthy()? {
            future.call_method1(method, (&value,))?;
        }
        Ok(())
    })?;
    event_loop
        .call_method1(py, "call_soon_threadsafe", (finish,))
        .map(drop)
}

/// Drops all work while threads can still attach; `atexit` calls it.
#[pyfunction]
fn close(py: Python<'_>) {
    let engine = *ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(engine) = engine.filter(|engine| engine.process == std::process::id()) else {
        return;
    };
    engine.closing.send_replace(true);
    // The limit is for work that blocks a thread.
    let idle =
        async { tokio::time::timeout(Duration::from_secs(1), engine.closing.closed()).await };
    let _ = py.detach(|| engine.runtime.block_on(idle));
}
// endregion: awaitable

// region: ask
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Pure Rust: it knows no Python, and `cargo test` tests it.
async fn ask_line(address: String, question: String) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{question}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}

/// Ask a server one line, and await the line that it answers.
#[pyfunction]
fn ask(
    py: Python<'_>,
    address: String,
    question: String,
    seconds: f64,
) -> PyResult<Bound<'_, PyAny>> {
    let limit = Duration::try_from_secs_f64(seconds)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
    awaitable(py, async move {
        let answer = tokio::time::timeout(limit, ask_line(address, question)).await;
        // TimeoutError, ConnectionRefusedError and so on, as Python itself raises them.
        Ok(answer.map_err(io::Error::from)??)
    })
}

#[pymodule]
pub mod guide {
    use super::*;

    #[pymodule_export]
    use super::ask;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        let close = wrap_pyfunction!(close, py)?;
        py.import("atexit")?
            .call_method1("register", (close,))
            .map(drop)
    }
}
// endregion: ask
