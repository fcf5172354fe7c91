//! Code that `references/rust-threads.md` shows.
//!
//! The receiver of `std` is not `Sync`, so it can't be lent to a closure that runs detached; crossbeam's can:
//!
//! ```compile_fail,E0277
//! use std::sync::mpsc::Receiver;
//! use pyo3::prelude::*;
//!
//! fn next(py: Python<'_>, levels: &Receiver<f64>) -> Option<f64> {
//!     py.detach(|| levels.recv().ok())
//! }
//! ```
//!
//! ```
//! use crossbeam_channel::Receiver;
//! use pyo3::prelude::*;
//!
//! fn next(py: Python<'_>, levels: &Receiver<f64>) -> Option<f64> {
//!     py.detach(|| levels.recv().ok())
//! }
//! ```

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;

// region: scope
/// Add up the rain of many lines, in several threads.
#[pyfunction]
#[pyo3(signature = (lines, threads = 2))]
fn total_rain(py: Python<'_>, lines: Vec<PyBackedStr>, threads: usize) -> PyResult<f64> {
    let size = lines.len().div_ceil(threads.max(1)).max(1);
    py.detach(|| {
        thread::scope(|scope| {
            let parts = lines.chunks(size);
            let workers: Vec<_> = parts.map(|part| scope.spawn(|| rain_in(part))).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, PyResult<f64>>| {
                // Without this the message of a panic would be lost.
                worker.join().unwrap_or_else(|panic| resume_unwind(panic))
            };
            workers.into_iter().map(join).sum()
        })
    })
}
// endregion: scope

fn rain_in(lines: &[PyBackedStr]) -> PyResult<f64> {
    let rain = |line: &PyBackedStr| {
        let number = line.trim().parse::<f64>();
        number.map_err(|_| PyValueError::new_err(format!("`{line}` is not a number")))
    };
    lines.iter().map(rain).sum()
}

// region: alarm
/// Calls back, in a thread of its own, when the river is too high.
#[pyclass(frozen)]
struct Alarm {
    /// Dropping it ends the thread.
    levels: Mutex<Option<Sender<f64>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[pymethods]
impl Alarm {
    #[new]
    #[pyo3(signature = (limit, callback))]
    fn new(limit: f64, callback: Py<PyAny>) -> PyResult<Self> {
        let (sender, levels) = unbounded();
        let thread = thread::Builder::new().name("river-alarm".into());
        let thread = thread.spawn(move || watch(limit, callback, levels))?;
        Ok(Self {
            levels: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    // endregion: alarm

    /// Tell the alarm how high the river is.
    #[pyo3(signature = (level))]
    fn report(&self, level: f64) -> PyResult<()> {
        let levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = levels.as_ref().map(|levels| levels.send(level));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(PyRuntimeError::new_err("the alarm is closed")),
        }
    }

    // region: close
    /// Wait until all levels have been looked at, and end the thread.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        take(&self.levels);
        match take(&self.thread) {
            // The callback closes the alarm: a thread can't wait for itself, and is about to end.
            Some(thread) if thread.thread().id() == thread::current().id() => Ok(()),
            // Detached, because the thread may have to attach once more.
            Some(thread) => py
                .detach(|| thread.join())
                .map_err(|_| PyRuntimeError::new_err("the thread of the alarm panicked")),
            None => Ok(()),
        }
    }
    // endregion: close

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_args))]
    fn __exit__(&self, py: Python<'_>, _args: &Bound<'_, PyAny>) -> PyResult<()> {
        self.close(py)
    }
}

fn take<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

// region: watch
fn watch(limit: f64, callback: Py<PyAny>, levels: Receiver<f64>) {
    // `None` would mean that the interpreter is gone. What is moved into the closure is dropped attached.
    Python::try_attach(move |py| {
        // Attached once, and detached while waiting: to Python it is one thread all the time.
        while let Ok(level) = py.detach(|| levels.recv()) {
            if level > limit {
                if let Err(error) = callback.call1(py, (level,)) {
                    error.write_unraisable(py, Some(callback.bind(py)));
                }
            }
        }
    });
}
// endregion: watch

/// Call back from a new thread so many times, attached for each, or once for all.
#[pyfunction]
#[pyo3(signature = (calls, callback, once))]
fn call_from_thread(py: Python<'_>, calls: usize, callback: Py<PyAny>, once: bool) -> PyResult<()> {
    let each = || (0..calls).try_for_each(|_| Python::attach(|py| callback.call0(py).map(drop)));
    let all = || {
        Python::attach(|py| {
            (0..calls).try_for_each(|_| {
                py.detach(|| ());
                callback.call0(py).map(drop)
            })
        })
    };
    let run = || if once { all() } else { each() };
    py.detach(|| {
        thread::scope(|scope| {
            let worker = scope.spawn(run);
            worker.join().unwrap_or_else(|panic| resume_unwind(panic))
        })
    })
}

/// The same in the caller's thread.
#[pyfunction]
#[pyo3(signature = (calls, callback))]
fn call_detached(py: Python<'_>, calls: usize, callback: Py<PyAny>) -> PyResult<()> {
    py.detach(|| (0..calls).try_for_each(|_| Python::attach(|py| callback.call0(py).map(drop))))
}

/// Start a thread that does nothing, and wait for it.
#[pyfunction]
fn start_and_join(py: Python<'_>) {
    py.detach(|| thread::spawn(|| ()).join().unwrap_or_default());
}

/// Wait attached for a thread that has to attach: a deadlock, for the tests.
#[pyfunction]
fn join_attached() {
    let worker = thread::spawn(|| Python::attach(|py| drop(py.None())));
    worker.join().unwrap_or_default();
}

/// Panic in a thread, and join it or leave that to the scope.
#[pyfunction]
#[pyo3(signature = (join))]
fn panic_in_scope(py: Python<'_>, join: bool) {
    py.detach(|| {
        thread::scope(|scope| {
            let worker = scope.spawn(|| panic!("the gauge is dry"));
            if join {
                worker.join().unwrap_or_else(|panic| resume_unwind(panic))
            }
        })
    });
}

/// Attach again and again in a thread that nobody waits for.
#[pyfunction]
fn attach_for_ever() {
    thread::spawn(|| {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            Python::attach(|py| drop(py.None()));
        }
    });
}

// region: context
/// Call back from a new thread with the context variables of the caller.
#[pyfunction]
#[pyo3(signature = (callback))]
fn call_in_context(py: Python<'_>, callback: Py<PyAny>) -> PyResult<Py<PyAny>> {
    let context = py
        .import("contextvars")?
        .call_method0("copy_context")?
        .unbind();
    let call = || Python::attach(|py| context.call_method1(py, "run", (callback,)));
    let worker = || thread::scope(|scope| scope.spawn(call).join());
    py.detach(worker)
        .unwrap_or_else(|panic| resume_unwind(panic))
}
// endregion: context

#[pymodule]
pub mod rust_threads {
    #[pymodule_export]
    const DEBUG_BUILD: bool = cfg!(debug_assertions);
    #[pymodule_export]
    use super::{
        Alarm, attach_for_ever, call_detached, call_from_thread, call_in_context, join_attached,
        panic_in_scope, start_and_join, total_rain,
    };
}
