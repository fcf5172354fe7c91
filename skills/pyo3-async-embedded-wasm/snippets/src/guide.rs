//! What the guide shows: an awaitable that survives cancellation, a fork and the end of Python.

// region: awaitable
use std::sync::{Mutex, PoisonError};
use std::{future::Future, io, time::Duration};

use pyo3::exceptions::PyRuntimeError;
use pyo3::{IntoPyObjectExt, prelude::*, types::PyCFunction};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{oneshot, watch};
use tokio::{net::TcpStream, runtime::Runtime, task::spawn_blocking, time::timeout};

type Object = Py<PyAny>;
type Awaitable<'py> = PyResult<Bound<'py, PyAny>>;

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
    let new = Engine {
        process,
        runtime: Runtime::new()?,
        closing: watch::Sender::new(false),
    };
    Ok(*engine.insert(Box::leak(Box::new(new))))
}

/// Makes an asyncio future of a Rust one, which begins at once. Cancelling the first drops the second.
fn awaitable<T, F>(py: Python<'_>, work: F) -> Awaitable<'_>
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
        // On a thread that may wait for the interpreter; `close` waits for it, while it has `closing`.
        let settled = spawn_blocking(move || {
            Python::try_attach(|py| {
                settle(
                    py,
                    &event_loop,
                    target,
                    result.and_then(|value| value.into_py_any(py)),
                );
            });
            drop(closing);
        });
        let _ = settled.await;
    });
    Ok(future)
}

/// Hands the result to the event loop's thread, the only one that may touch the future.
fn settle(py: Python<'_>, event_loop: &Object, future: Object, result: PyResult<Object>) {
    let (method, value) = match result {
        Ok(value) => ("set_result", value),
        Err(error) => ("set_exception", error.into_value(py).into_any()),
    };
    let finish = PyCFunction::new_closure(py, None, None, move |args, _| {
        let future = future.bind(args.py());
        if !future.call_method0("done")?.is_truthy()? {
            future.call_method1(method, (&value,))?;
        }
        PyResult::Ok(())
    });
    // An error means that the event loop is closed, and nobody waits.
    let _ = finish.and_then(|f| event_loop.call_method1(py, "call_soon_threadsafe", (f,)));
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
    let idle = async { timeout(Duration::from_secs(1), engine.closing.closed()).await };
    let _ = py.detach(|| engine.runtime.block_on(idle));
}

/// Pure Rust: it knows no Python, and `cargo test` tests it.
async fn ask_line(address: String, line: String) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{line}\n").as_bytes()).await?;
    let mut answer = String::new();
    BufReader::new(stream.take(65_536))
        .read_line(&mut answer)
        .await?;
    let line = answer.strip_suffix('\n').map(str::to_owned);
    line.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Ask a server one line, and await the line that it answers within the limit, a `timedelta`.
#[pyfunction]
fn ask(py: Python<'_>, address: String, line: String, limit: Duration) -> Awaitable<'_> {
    awaitable(py, async move {
        let answer = timeout(limit, ask_line(address, line)).await;
        // TimeoutError, ConnectionRefusedError and so on.
        Ok(answer.map_err(io::Error::from)??)
    })
}

#[pymodule]
pub mod guide {
    #[pymodule_export]
    use super::ask;
    use super::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let close = wrap_pyfunction!(close, module)?;
        let atexit = module.py().import("atexit")?;
        atexit.call_method1("register", (close,)).map(drop)
    }
}
// endregion: awaitable
