//! Parcels that are carried from locker to locker, by work that may be cancelled at every await.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pyo3::coroutine::CancelHandle;
use pyo3::exceptions::{PyKeyError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::tokio::{
    future_into_py, future_into_py_with_locals, get_current_locals, get_runtime,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::time::sleep;

/// Lockers and the parcels in them.
#[derive(Default)]
struct Wall(Mutex<BTreeMap<u64, String>>);

impl Wall {
    fn parcels(&self) -> MutexGuard<'_, BTreeMap<u64, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// region: carried
/// A parcel on its way. Dropped before it is put down, it is back where it was.
struct Carried<'a> {
    wall: &'a Wall,
    from: u64,
    parcel: Option<String>,
}
// endregion: carried

impl<'a> Carried<'a> {
    fn take(wall: &'a Wall, from: u64) -> Option<Self> {
        let parcel = Some(wall.parcels().remove(&from)?);
        Some(Self { wall, from, parcel })
    }

    fn put(&mut self, to: u64) {
        if let Some(parcel) = self.parcel.take() {
            self.wall.parcels().insert(to, parcel);
        }
    }
}

// region: carry
impl Drop for Carried<'_> {
    fn drop(&mut self) {
        self.put(self.from);
    }
}

/// Carries a parcel to another locker. Cancelled at any await, it leaves the parcel in one of the two.
async fn carry(wall: &Wall, from: u64, to: u64) -> Option<()> {
    let mut carried = Carried::take(wall, from)?;
    ride(from, to).await;
    unlock(to).await;
    carried.put(to);
    ride(to, from).await;
    Some(())
}
// endregion: carry

/// The same, as it is usually written first.
async fn carry_carelessly(wall: &Wall, from: u64, to: u64) -> Option<()> {
    let parcel = wall.parcels().remove(&from)?;
    ride(from, to).await;
    unlock(to).await;
    wall.parcels().insert(to, parcel);
    ride(to, from).await;
    Some(())
}

async fn ride(from: u64, to: u64) {
    sleep(Duration::from_millis(from.abs_diff(to))).await;
}

async fn unlock(_locker: u64) {
    tokio::task::yield_now().await;
}

/// Ends with `None` at the `left`th time that the work has to wait, or with the work.
struct CutOff<F> {
    work: Pin<Box<F>>,
    left: usize,
}

impl<F: Future> Future for CutOff<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // region: cut_off
        match self.work.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 => Poll::Ready(None),
            Poll::Pending => {
                self.left -= 1;
                Poll::Pending
            }
        }
        // endregion: cut_off
    }
}

/// Carry a parcel from locker 1 to 3, cut off at a wait: whether it was, and where the parcel is then.
#[pyfunction]
fn carry_cut_off(py: Python<'_>, careful: bool, point: usize) -> (bool, Vec<u64>) {
    let wall = Wall::default();
    wall.parcels().insert(1, "lamp".into());
    let finished = py.detach(|| {
        get_runtime().block_on(async {
            let work: Pin<Box<dyn Future<Output = Option<()>> + Send>> = match careful {
                true => Box::pin(carry(&wall, 1, 3)),
                false => Box::pin(carry_carelessly(&wall, 1, 3)),
            };
            let cut = CutOff {
                work: Box::pin(work),
                left: point,
            };
            cut.await.is_some()
        })
    });
    let lockers = wall.parcels().keys().copied().collect();
    (!finished, lockers)
}

/// Lockers for Python.
#[pyclass(frozen)]
struct Lockers(Arc<Wall>);

#[pymethods]
impl Lockers {
    #[new]
    fn new(parcels: BTreeMap<u64, String>) -> Self {
        Self(Arc::new(Wall(Mutex::new(parcels))))
    }

    #[getter]
    fn parcels(&self) -> BTreeMap<u64, String> {
        self.0.parcels().clone()
    }

    /// Whether a parcel is being carried.
    #[getter]
    fn carrying(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Carry a parcel to another locker.
    fn carry<'py>(&self, py: Python<'py>, from: u64, to: u64) -> PyResult<Bound<'py, PyAny>> {
        let wall = Arc::clone(&self.0);
        future_into_py(py, async move {
            let carried = carry(&wall, from, to).await;
            carried.ok_or_else(|| PyKeyError::new_err(from))
        })
    }

    /// The same, but what has begun is finished.
    fn carry_to_the_end<'py>(
        &self,
        py: Python<'py>,
        from: u64,
        to: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let wall = Arc::clone(&self.0);
        future_into_py(py, async move {
            // A task of its own: dropping the handle doesn't stop it.
            let task = tokio::spawn(async move { carry(&wall, from, to).await });
            let carried = task
                .await
                .map_err(|_| PyRuntimeError::new_err("the ride panicked"))?;
            carried.ok_or_else(|| PyKeyError::new_err(from))
        })
    }
}

/// Parcels that come over a belt.
#[pyclass(frozen)]
struct Belt {
    sender: mpsc::Sender<u64>,
    shared: Arc<Shared>,
}

struct Shared {
    belt: AsyncMutex<mpsc::Receiver<u64>>,
    first: Mutex<Option<u64>>,
}

impl Shared {
    fn first(&self) -> MutexGuard<'_, Option<u64>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Belt {
    #[new]
    fn new() -> Self {
        let (sender, receiver) = mpsc::channel(100);
        let (belt, first) = (receiver.into(), Mutex::default());
        Self {
            sender,
            shared: Arc::new(Shared { belt, first }),
        }
    }

    fn lay(&self, parcel: u64) -> bool {
        self.sender.try_send(parcel).is_ok()
    }

    /// Whether somebody waits for a parcel, or was cancelled and is not gone yet.
    #[getter]
    fn waited_for(&self) -> bool {
        Arc::strong_count(&self.shared) > 1
    }

    /// Wait for the next parcel, and return it. A parcel is lost if the caller is cancelled at the wrong moment.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.shared);
        future_into_py(py, async move { Ok(shared.belt.lock().await.recv().await) })
    }

    /// Wait until `take` has something to take.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let shared = Arc::clone(&self.shared);
        future_into_py(py, async move {
            let mut belt = shared.belt.lock().await;
            if shared.first().is_none() {
                let parcel = belt.recv().await;
                *shared.first() = parcel;
            }
            Ok(())
        })
    }

    /// Take the next parcel if there is one.
    fn take(&self) -> Option<u64> {
        let first = self.shared.first().take();
        first.or_else(|| self.shared.belt.try_lock().ok()?.try_recv().ok())
    }
}

/// A coroutine that runs on an event loop. Dropping this cancels it.
pub struct PythonTask {
    future: Option<Py<PyAny>>,
    result: oneshot::Receiver<PyResult<Py<PyAny>>>,
}

impl PythonTask {
    // region: start
    pub fn start(locals: &TaskLocals, coroutine: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = coroutine.py();
        let start = py.import("asyncio")?.getattr("run_coroutine_threadsafe")?;
        let arguments = (start, coroutine, locals.event_loop(py));
        let future = locals.context(py).call_method1("run", arguments)?;
        let (sender, result) = oneshot::channel();
        let sender = Mutex::new(Some(sender));
        let callback = PyCFunction::new_closure(py, None, None, move |arguments, _| {
            let result = arguments.get_item(0)?.call_method0("result");
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Nobody listens to a task that was dropped.
            let _ = sender.map(|sender| sender.send(result.map(Bound::unbind)));
            PyResult::Ok(())
        })?;
        future.call_method1("add_done_callback", (callback,))?;
        let future = Some(future.unbind());
        Ok(Self { future, result })
    }
    // endregion: start

    pub async fn result(mut self) -> PyResult<Py<PyAny>> {
        let result = (&mut self.result).await;
        self.future = None;
        result.map_err(|_| PyRuntimeError::new_err("the event loop was closed"))?
    }
}

impl Drop for PythonTask {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            // On a thread that may wait for the GIL. `None` means that the interpreter is gone.
            get_runtime().spawn_blocking(move || {
                Python::try_attach(|py| future.call_method0(py, "cancel").map(drop))
            });
        }
    }
}

/// Await what a coroutine function returns, and cancel it when nobody waits any more.
#[pyfunction]
fn ask(py: Python<'_>, ask: Py<PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let locals = get_current_locals(py)?;
    future_into_py_with_locals(py, locals.clone(), async move {
        let task = Python::attach(|py| PythonTask::start(&locals, &ask.bind(py).call0()?))?;
        task.result().await
    })
}

static RIDING: AtomicUsize = AtomicUsize::new(0);

struct Riding;

impl Riding {
    fn begin() -> Self {
        RIDING.fetch_add(1, Relaxed);
        Self
    }
}

impl Drop for Riding {
    fn drop(&mut self) {
        RIDING.fetch_sub(1, Relaxed);
    }
}

/// Return how many rides are under way.
#[pyfunction]
fn riding() -> usize {
    RIDING.load(Relaxed)
}

/// Ride for so long.
#[pyfunction]
fn ride_for(py: Python<'_>, millis: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let _riding = Riding::begin();
        sleep(Duration::from_millis(millis)).await;
        Ok(())
    })
}

/// Ride for so long in a loop that never awaits.
#[pyfunction]
fn ride_without_await(py: Python<'_>, millis: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let _riding = Riding::begin();
        std::thread::sleep(Duration::from_millis(millis));
        Ok(())
    })
}

/// Ride until cancelled: dropped there.
#[pyfunction]
async fn native_ride() {
    let _riding = Riding::begin();
    std::future::pending::<()>().await;
}

/// Ride until cancelled, and return first; `swallow` says whether to act as if nothing had been asked.
#[pyfunction]
async fn native_return(
    swallow: bool,
    #[pyo3(cancel_handle)] mut cancel: CancelHandle,
) -> PyResult<&'static str> {
    let _riding = Riding::begin();
    let exception = cancel.cancelled().await;
    // Here it may still await, to tidy up.
    if swallow {
        return Ok("back");
    }
    Err(Python::attach(|py| {
        PyErr::from_value(exception.into_bound(py))
    }))
}

/// Read a frame of eight bytes that comes in halves, while a clock ticks: whether it was read whole.
#[pyfunction]
fn read_frame(py: Python<'_>, safe: bool) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async move {
        let (mut reader, mut writer) = tokio::io::duplex(64);
        tokio::spawn(async move {
            for half in [*b"0123", *b"4567"] {
                let _ = writer.write_all(&half).await;
                sleep(Duration::from_millis(60)).await;
            }
        });
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        let mut frame = [0; 8];
        if safe {
            // region: select
            // Made once, outside of the loop: a tick interrupts the wait, not the reading.
            let mut reading = std::pin::pin!(reader.read_exact(&mut frame));
            let read = loop {
                tokio::select! {
                    read = &mut reading => break read,
                    _ = ticks.tick() => {}
                }
            };
            // endregion: select
            return Ok(read.is_ok() && &frame == b"01234567");
        }
        let read = loop {
            tokio::select! {
                read = reader.read_exact(&mut frame) => break read,
                _ = ticks.tick() => {}
            }
        };
        Ok(read.is_ok() && &frame == b"01234567")
    })
}

#[pyo3::pymodule]
pub mod cancellation {
    #[pymodule_export]
    use super::{
        Belt, Lockers, ask, carry_cut_off, native_return, native_ride, read_frame, ride_for,
        ride_without_await, riding,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parcel_is_never_lost() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.unwrap();
        // region: every_wait
        for point in 0.. {
            let wall = Wall(Mutex::new([(1, "lamp".into())].into()));
            let work = Box::pin(carry(&wall, 1, 3));
            let finished = runtime.block_on(CutOff { work, left: point });
            let lockers: Vec<u64> = wall.parcels().keys().copied().collect();
            assert!(
                lockers == [1] || lockers == [3],
                "cut off at {point}: {lockers:?}"
            );
            if finished.is_some() {
                assert!(
                    point >= 3,
                    "an await that doesn't wait here was not cut off"
                );
                break;
            }
        }
        // endregion: every_wait
    }
}
