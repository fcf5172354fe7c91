//! Code that `references/event-loops.md` shows.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use pyo3::exceptions::{PyLookupError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::{IntoPyObject, IntoPyObjectExt};
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::sleep;

// region: job
type Output = Option<PyResult<Py<PyAny>>>;

/// Work that goes on in Rust, and in the end its result.
#[pyclass(frozen)]
struct Job {
    result: Arc<Mutex<Output>>,
    work: AbortHandle,
}

#[pymethods]
impl Job {
    /// Drop the work, unless it is done.
    fn cancel(&self) {
        self.work.abort();
    }

    /// Return the result, or raise the error, once.
    fn result(&self) -> PyResult<Py<PyAny>> {
        let result = self
            .result
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        result.unwrap_or_else(|| Err(PyRuntimeError::new_err("there is no result")))
    }
}

/// Starts work; `wake` is called by another thread when there is a result.
fn start<T>(work: impl Future<Output = PyResult<T>> + Send + 'static, wake: Py<PyAny>) -> Job
where
    T: for<'py> IntoPyObject<'py> + Send + 'static,
{
    let result = Arc::<Mutex<Output>>::default();
    let place = Arc::clone(&result);
    let task = get_runtime().spawn(async move {
        // Whoever waits has to be woken up by a panic, too.
        let panicked = |_| Err(PyRuntimeError::new_err("the work panicked"));
        let output = AssertUnwindSafe(work).catch_unwind().await;
        let output = output.unwrap_or_else(panicked);
        let deliver = move |py: Python<'_>| {
            let output = output.and_then(|value| value.into_py_any(py));
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
            // An error means that the event loop is gone, and nobody waits.
            let _ = wake.call0(py);
        };
        let _ = spawn_blocking(|| Python::try_attach(deliver)).await;
    });
    Job {
        result,
        work: task.abort_handle(),
    }
}
// endregion: job

async fn forecast(station: String, time: Duration) -> PyResult<f64> {
    sleep(time).await;
    tide(&station)
}

fn tide(station: &str) -> PyResult<f64> {
    match station {
        "Cuxhaven" => Ok(3.2),
        "Dover" => Ok(6.7),
        "Atlantis" => panic!("the station is under water"),
        _ => Err(PyLookupError::new_err(format!("no station `{station}`"))),
    }
}

/// Start to forecast the tide in metres, for any event loop.
#[pyfunction]
#[pyo3(signature = (station, time, wake))]
fn start_forecast(station: String, time: Duration, wake: Py<PyAny>) -> Job {
    start(forecast(station, time), wake)
}

/// Forecast the tide in metres, for asyncio.
#[pyfunction]
#[pyo3(signature = (station, time))]
fn forecast_for_asyncio(
    py: Python<'_>,
    station: String,
    time: Duration,
) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, forecast(station, time))
}

/// Forecast the tide in metres: a coroutine that doesn't know whose it is.
#[pyfunction]
#[pyo3(signature = (station, time))]
async fn forecast_natively(station: String, time: Duration) -> PyResult<f64> {
    if time.is_zero() {
        return tide(&station);
    }
    get_runtime()
        .spawn(forecast(station, time))
        .await
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?
}

/// Wait for a coroutine, in the thread that should run it.
#[pyfunction]
#[pyo3(signature = (coroutine))]
fn wait_for(py: Python<'_>, coroutine: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let future = pyo3_async_runtimes::tokio::into_future(coroutine)?;
    py.detach(|| {
        get_runtime().block_on(async {
            tokio::time::timeout(Duration::from_millis(300), future)
                .await
                .map_err(|_| PyRuntimeError::new_err("the event loop stood still"))?
        })
    })
}

#[pymodule]
pub mod event_loops {
    #[pymodule_export]
    use super::{Job, forecast_for_asyncio, forecast_natively, start_forecast, wait_for};
}
