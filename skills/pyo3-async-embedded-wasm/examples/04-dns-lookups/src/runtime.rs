//! The tokio runtime, and what it does when Python forks or ends.

use std::sync::LazyLock;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::errors::Error;

/// Every job holds a receiver: it learns that Python ends, and it is counted.
static CLOSING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// The runtime, started by its first user; the process that did so is the only one that has it.
pub fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    static RUNTIME: PyOnceLock<(u32, Runtime)> = PyOnceLock::new();
    let (process, runtime) = RUNTIME.get_or_try_init(py, || {
        let close = wrap_pyfunction!(close, py)?;
        py.import("atexit")?.call_method1("register", (close,))?;
        PyResult::Ok((std::process::id(), Runtime::new()?))
    })?;
    if *process != std::process::id() {
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
    let Ok(runtime) = runtime(py) else { return };
    CLOSING.send_replace(true);
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

/// Runs `work` attached, on a thread that may wait for the GIL; `close` waits for it.
pub fn attached(work: impl FnOnce(Python<'_>) + Send + 'static) {
    let closing = CLOSING.subscribe();
    tokio::task::spawn_blocking(move || {
        Python::try_attach(work);
        drop(closing);
    });
}

/// Count the open clients and the lookups that are not done; 0 once all are closed, done or cancelled.
#[pyfunction]
pub fn running() -> usize {
    CLOSING.receiver_count()
}
