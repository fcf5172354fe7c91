//! The tokio runtime, what it does when Python ends, and the way from a Rust future to an awaitable.

use std::convert::Infallible;
use std::future::pending;
use std::marker::PhantomData;
use std::sync::LazyLock;
use std::time::Duration;

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{type_hint_identifier, type_hint_subscript};
use pyo3_async_runtimes::tokio as bridge;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::error::{Error, Result};

/// Every job holds a receiver: it learns that Python ends, and it is counted.
static CLOSING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

/// The runtime, started by its first user; the process that did so is the only one that has it.
pub fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    static PROCESS: PyOnceLock<u32> = PyOnceLock::new();
    let process = PROCESS.get_or_try_init(py, || {
        let mut builder = Builder::new_multi_thread();
        builder.enable_time().thread_name("feeds").worker_threads(2);
        // It hands results to asyncio, one after another; 512, the default, would queue for the GIL.
        builder.max_blocking_threads(1);
        bridge::init(builder);
        py.import("atexit")?
            .call_method1("register", (wrap_pyfunction!(close, py)?,))?;
        PyResult::Ok(std::process::id())
    })?;
    if *process != std::process::id() {
        return Err(Error::Forked.into());
    }
    if *CLOSING.borrow() {
        return Err(Error::Closed.into());
    }
    Ok(bridge::get_runtime())
}

/// Drops all work while Python still lives: a thread that wakes up in a dying interpreter panics.
#[pyfunction]
fn close(py: Python<'_>) {
    // A forked child inherits this callback, but none of the threads that would do the work.
    if let Ok(runtime) = runtime(py) {
        CLOSING.send_replace(true);
        py.detach(|| {
            runtime.block_on(async {
                // It takes microseconds; the limit is for work that blocks a thread.
                let _ = tokio::time::timeout(Duration::from_secs(1), async {
                    CLOSING.closed().await;
                    // Behind the last result that is on its way.
                    tokio::task::spawn_blocking(|| ()).await
                })
                .await;
            });
        });
    }
}

/// Counts `work` until it is done or dropped. `None` if Python ended first.
pub fn job<F: Future>(work: F) -> impl Future<Output = Option<F::Output>> {
    let mut closing = CLOSING.subscribe();
    async move {
        let output = tokio::select! {
            _ = closing.wait_for(|closing| *closing) => None,
            output = work => Some(output),
        };
        // Work may also have ended because other work was dropped.
        output.filter(|_| !*closing.borrow())
    }
}

/// An asyncio future of a `T`; in the stubs an `Awaitable`, where a plain object would be `Any`.
pub struct Awaitable<'py, T>(Bound<'py, PyAny>, PhantomData<T>);

impl<'py, T: IntoPyObject<'py>> IntoPyObject<'py> for Awaitable<'py, T> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = Infallible;

    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("collections.abc", "Awaitable"),
        T::OUTPUT_TYPE
    );

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

/// Makes an asyncio future of a Rust one. Cancelling the first drops the second.
pub fn awaitable<T, F>(py: Python<'_>, work: F) -> PyResult<Awaitable<'_, T>>
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
    F: Future<Output = PyResult<T>> + Send + 'static,
{
    runtime(py)?;
    let work = job(work);
    let future = bridge::future_into_py(py, async move {
        let output = work.await;
        match output {
            Some(result) => result,
            // A result would be handed to an event loop that is gone.
            None => pending().await,
        }
    })?;
    Ok(Awaitable(future, PhantomData))
}

/// Say how much is going on in Rust.
///
/// Returns:
///     The number of open feeds and unfinished awaitables; 0 once all are done or cancelled.
#[pyfunction]
pub fn running() -> usize {
    CLOSING.receiver_count()
}

/// What a job that was aborted or has panicked leaves behind.
pub fn finished<T>(output: Result<Option<T>, tokio::task::JoinError>) -> Result<T> {
    output.ok().flatten().ok_or(Error::Stopped)
}
