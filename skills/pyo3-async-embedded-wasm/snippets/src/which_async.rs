//! One question to a parcel depot, asked in each of the ways that asyncio can wait for.
//!
//! What an `async fn` takes must not be bound to a thread's attachment:
//!
//! ```compile_fail,E0195
//! use pyo3::prelude::*;
//!
//! #[pyfunction]
//! async fn label(parcel: Bound<'_, PyAny>) -> PyResult<String> {
//!     parcel.extract()
//! }
//! # fn main() {}
//! ```

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyCFunction;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::sync::Notify;
use tokio::task::JoinSet;

static ASKED: AtomicUsize = AtomicUsize::new(0);
static ASKING: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The shelf of a parcel.
fn shelf(parcel: u64) -> u64 {
    parcel % 40
}

/// Counts the questions that are being asked.
struct Asking;

impl Asking {
    fn begin() -> Self {
        ASKED.fetch_add(1, Relaxed);
        PEAK.fetch_max(ASKING.fetch_add(1, Relaxed) + 1, Relaxed);
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        ASKING.fetch_sub(1, Relaxed);
    }
}

/// Asks the depot, which takes so many milliseconds.
async fn ask(parcel: u64, millis: u64) -> PyResult<u64> {
    let _asking = Asking::begin();
    if millis > 0 {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    Ok(shelf(parcel))
}

/// The same by a library that blocks.
fn ask_blocking(parcel: u64, millis: u64) -> u64 {
    let _asking = Asking::begin();
    if millis > 0 {
        thread::sleep(Duration::from_millis(millis));
    }
    shelf(parcel)
}

// region: spawned
/// Find the shelf of a parcel: a future of asyncio.
#[pyfunction]
fn spawned(py: Python<'_>, parcel: u64, millis: u64) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, ask(parcel, millis))
}
// endregion: spawned

// region: native
/// Find the shelf of a parcel: a coroutine.
#[pyfunction]
async fn native(parcel: u64, millis: u64) -> PyResult<u64> {
    // asyncio polls this, outside of tokio: timers and sockets have to run on tokio's threads. Dropping the set
    // aborts what is in it.
    let mut question = JoinSet::new();
    question.spawn_on(ask(parcel, millis), get_runtime().handle());
    let answer = question.join_next().await.expect("one was spawned");
    answer.map_err(|error| PyRuntimeError::new_err(error.to_string()))?
}
// endregion: native

// region: blocking
/// Find the shelf of a parcel: a plain function, for `asyncio.to_thread`.
#[pyfunction]
fn blocking(py: Python<'_>, parcel: u64, millis: u64) -> u64 {
    py.detach(|| ask_blocking(parcel, millis))
}
// endregion: blocking

type Question = Box<dyn FnOnce() + Send>;

/// A thread that asks one question after the other, for a library that must be used by one thread.
#[pyclass(frozen)]
struct Clerk {
    /// Dropping it ends the thread.
    questions: Sender<Question>,
}

#[pymethods]
impl Clerk {
    #[new]
    fn new() -> PyResult<Self> {
        let (sender, questions) = channel::<Question>();
        let thread = thread::Builder::new().name("depot-clerk".into());
        thread.spawn(move || questions.iter().for_each(|question| question()))?;
        Ok(Self { questions: sender })
    }

    // region: find
    /// Find the shelf of a parcel: a future of asyncio, which the clerk's thread settles.
    fn find<'py>(&self, py: Python<'py>, parcel: u64, millis: u64) -> PyResult<Bound<'py, PyAny>> {
        let event_loop = py.import("asyncio")?.call_method0("get_running_loop")?;
        let future = event_loop.call_method0("create_future")?;
        let (event_loop, target) = (event_loop.unbind(), future.clone().unbind());
        let question = move || {
            let shelf = ask_blocking(parcel, millis);
            // `None` means that the interpreter is gone, an error that the event loop is closed: nobody waits.
            let _ = Python::try_attach(|py| answer(py, &event_loop, target, shelf));
        };
        let sent = self.questions.send(Box::new(question));
        sent.map_err(|_| PyRuntimeError::new_err("the clerk has gone"))?;
        Ok(future)
    }
    // endregion: find
}

// region: answer
/// Has the event loop set the result, which only its own thread may do.
fn answer(py: Python<'_>, event_loop: &Py<PyAny>, future: Py<PyAny>, shelf: u64) -> PyResult<()> {
    let set = PyCFunction::new_closure(py, None, None, move |args, _| {
        let future = future.bind(args.py());
        // It may have been cancelled by now, and would refuse a result.
        if !future.call_method0("done")?.is_truthy()? {
            future.call_method1("set_result", (shelf,))?;
        }
        PyResult::Ok(())
    })?;
    event_loop.call_method1(py, "call_soon_threadsafe", (set,))?;
    Ok(())
}
// endregion: answer

/// Wait on a timer of tokio where there is no tokio: a panic, for the tests.
#[pyfunction]
async fn native_timer() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// Return the number of Python's thread that polls a native coroutine.
#[pyfunction]
async fn native_thread() -> PyResult<u64> {
    Python::attach(|py| {
        let threading = py.import("threading")?;
        threading.call_method0("get_ident")?.extract()
    })
}

/// A locker with a door; native coroutines borrow it for as long as they run.
#[pyclass]
#[derive(Default)]
struct Locker {
    opened: u64,
}

#[pymethods]
impl Locker {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    async fn watch(&self, millis: u64) -> PyResult<u64> {
        native(self.opened, millis).await
    }

    async fn open_for(&mut self, millis: u64) -> PyResult<u64> {
        self.opened += 1;
        native(self.opened, millis).await
    }

    fn open(&mut self) -> u64 {
        self.opened += 1;
        self.opened
    }
}

static CALLED: Notify = Notify::const_new();
static WENT_ON: AtomicBool = AtomicBool::new(false);

/// Wait until `call` is called, woken by a task of tokio that then notes that it went on.
#[pyfunction]
async fn native_bell() {
    let (ring, bell) = tokio::sync::oneshot::channel();
    get_runtime().spawn(async move {
        CALLED.notified().await;
        let _ = ring.send(());
        WENT_ON.store(true, Relaxed);
    });
    let _ = bell.await;
}

/// The same by `future_into_py`.
#[pyfunction]
fn spawned_bell(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    future_into_py(py, async {
        CALLED.notified().await;
        WENT_ON.store(true, Relaxed);
        Ok(())
    })
}

/// Ring, and return whether the waking task goes on while this thread stays attached.
#[pyfunction]
fn call_attached(millis: u64) -> bool {
    WENT_ON.store(false, Relaxed);
    CALLED.notify_one();
    let end = Instant::now() + Duration::from_millis(millis);
    while !WENT_ON.load(Relaxed) && Instant::now() < end {
        thread::sleep(Duration::from_millis(1));
    }
    WENT_ON.load(Relaxed)
}

/// Return how many questions were begun, run now, and ran at once at most since the last call.
#[pyfunction]
fn counts() -> (usize, usize, usize) {
    let asking = ASKING.load(Relaxed);
    (ASKED.load(Relaxed), asking, PEAK.swap(asking, Relaxed))
}

#[pyo3::pymodule]
pub mod which_async {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        Clerk, Locker, blocking, call_attached, counts, native, native_bell, native_thread,
        native_timer, spawned, spawned_bell,
    };
}
