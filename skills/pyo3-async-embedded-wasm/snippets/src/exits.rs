//! Code that `references/exits.md` shows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_async_runtimes::tokio::{future_into_py, get_runtime};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

// region: engine
/// A runtime, the process that has its threads, and the word to stop, which each task listens to.
struct Engine {
    process: u32,
    runtime: Runtime,
    closing: watch::Sender<bool>,
}

/// Only locked by threads that are attached, which is why no fork finds it locked.
static ENGINE: Mutex<Option<&'static Engine>> = Mutex::new(None);

/// Returns the engine of this process; in a child of a fork that is a new one.
fn engine(_: Python<'_>) -> PyResult<&'static Engine> {
    let mut engine = locked(&ENGINE);
    let process = std::process::id();
    if let Some(engine) = engine.filter(|engine| engine.process == process) {
        return Ok(engine);
    }
    // Leaked: the parent's can't be dropped here, since that waits for threads which don't exist.
    let new = Engine {
        process,
        runtime: Runtime::new()?,
        closing: watch::Sender::new(false),
    };
    Ok(*engine.insert(Box::leak(Box::new(new))))
}

/// Spawns work that is dropped when Python ends.
fn spawn(py: Python<'_>, work: impl Future<Output = ()> + Send + 'static) -> PyResult<()> {
    let engine = engine(py)?;
    let mut closing = engine.closing.subscribe();
    if *closing.borrow() {
        return Err(PyRuntimeError::new_err("Python is ending"));
    }
    engine.runtime.spawn(async move {
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            () = work => {}
        }
    });
    Ok(())
}
// endregion: engine

// region: close
/// Ends all work while threads can still attach: registered with `atexit` when the module is made.
#[pyfunction]
fn close(py: Python<'_>) -> bool {
    let engine = locked(&ENGINE).filter(|engine| engine.process == std::process::id());
    let Some(engine) = engine else { return true };
    engine.closing.send_replace(true);
    let idle = async { timeout(Duration::from_secs(1), engine.closing.closed()).await };
    py.detach(|| engine.runtime.block_on(idle)).is_ok()
}

/// Calls back on a thread that may wait for the GIL; `close` waits for it.
async fn call(listener: watch::Receiver<bool>, callback: Py<PyAny>) {
    let call = spawn_blocking(move || {
        Python::try_attach(move |py| {
            if let Err(error) = callback.call0(py) {
                error.write_unraisable(py, Some(callback.bind(py)));
            }
        });
        drop(listener);
    });
    let _ = call.await;
}
// endregion: close

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Call back after some time.
#[pyfunction]
#[pyo3(signature = (after, callback))]
fn remind(py: Python<'_>, after: Duration, callback: Py<PyAny>) -> PyResult<()> {
    let listener = engine(py)?.closing.subscribe();
    spawn(py, async move {
        sleep(after).await;
        call(listener, callback).await;
    })
}

/// Return how many tasks and callbacks have not ended.
#[pyfunction]
fn pending(py: Python<'_>) -> PyResult<usize> {
    Ok(engine(py)?.closing.receiver_count())
}

struct Note(&'static str);

impl Drop for Note {
    fn drop(&mut self) {
        eprintln!("{} dropped", self.0);
    }
}

/// Do nothing until the end, and say when it comes.
#[pyfunction]
fn linger(py: Python<'_>) -> PyResult<()> {
    let note = Note("task");
    spawn(py, async move {
        let _note = note;
        std::future::pending().await
    })
}

/// Sleep by the runtime of pyo3-async-runtimes, which nobody ends.
#[pyfunction]
#[pyo3(signature = (time))]
fn nap(py: Python<'_>, time: Duration) -> PyResult<Bound<'_, PyAny>> {
    let note = Note("nap");
    future_into_py(py, async move {
        let _note = note;
        sleep(time).await;
        Ok(())
    })
}

/// Fails in a child of a fork, where the runtime of pyo3-async-runtimes has no threads.
fn check_process() -> PyResult<()> {
    static PROCESS: AtomicU64 = AtomicU64::new(0);
    let process = u64::from(std::process::id());
    match PROCESS.compare_exchange(0, process, Relaxed, Relaxed) {
        Err(first) if first != process => Err(PyRuntimeError::new_err(
            "the process was forked after it had used the package: start it by `spawn`",
        )),
        _ => Ok(()),
    }
}

/// Sleep, or fail in a child.
#[pyfunction]
#[pyo3(signature = (time))]
fn guarded_nap(py: Python<'_>, time: Duration) -> PyResult<Bound<'_, PyAny>> {
    check_process()?;
    nap(py, time)
}

/// Attach over and over again in a task that nobody ends.
#[pyfunction]
fn attach_for_ever() {
    get_runtime().spawn_blocking(|| {
        loop {
            Python::attach(|_| ());
            thread::sleep(Duration::from_micros(50));
        }
    });
}

/// Block detached, and say when it ends.
#[pyfunction]
#[pyo3(signature = (time))]
fn hold(py: Python<'_>, time: Duration) {
    let _note = Note("hold");
    py.detach(|| thread::sleep(time));
}

/// Takes messages of any thread to a Python function; nobody waits for Python.
#[pyclass(frozen)]
struct Journal {
    messages: Mutex<Option<mpsc::Sender<String>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    lost: AtomicU64,
}

// region: journal
impl Journal {
    /// For Rust code, attached or not, also on tokio's workers and under a lock.
    fn note(&self, message: String) {
        let messages = locked(&self.messages).clone();
        if messages.is_none_or(|messages| messages.try_send(message).is_err()) {
            self.lost.fetch_add(1, Relaxed);
        }
    }
}

fn pass_on(mut messages: mpsc::Receiver<String>, log: Py<PyAny>) {
    Python::try_attach(move |py| {
        while let Some(message) = py.detach(|| messages.blocking_recv()) {
            if let Err(error) = log.call1(py, ("%s", message)) {
                error.write_unraisable(py, Some(log.bind(py)));
            }
        }
    });
}
// endregion: journal

#[pymethods]
impl Journal {
    #[new]
    #[pyo3(signature = (log, capacity = 1024))]
    fn new(log: Py<PyAny>, capacity: usize) -> Self {
        let (sender, messages) = mpsc::channel(capacity.max(1));
        Self {
            messages: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread::spawn(|| pass_on(messages, log)))),
            lost: AtomicU64::new(0),
        }
    }

    /// Have so many messages written by a worker of tokio, and return when it is done.
    #[pyo3(signature = (count))]
    fn write_from_worker(slf: Py<Self>, py: Python<'_>, count: usize) {
        let work = async move {
            (0..count).for_each(|number| slf.get().note(format!("message {number}")));
        };
        // Attached, to show that no message waits for Python.
        let _ = get_runtime().block_on(get_runtime().spawn(work));
        let _ = py;
    }

    /// Return how many messages found no room.
    #[getter]
    fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Wait until all messages have been passed on.
    fn close(&self, py: Python<'_>) {
        locked(&self.messages).take();
        let thread = locked(&self.thread).take();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = py.detach(|| thread.join());
        }
    }
}

#[pymodule]
pub mod exits {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::{Journal, attach_for_ever, close, guarded_nap, hold, linger, nap, pending, remind};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let close = module.getattr("close")?;
        module
            .py()
            .import("atexit")?
            .call_method1("register", (close,))?;
        Ok(())
    }
}
