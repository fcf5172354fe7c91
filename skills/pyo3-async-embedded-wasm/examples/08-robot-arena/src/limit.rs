//! A time limit for Python code that does not look at the clock.
//!
//! A timer's signal calls [`Watch`] between two bytecodes, or in the midst of a C function that waits or that
//! looks for signals. The first one raises, and the code can clean up; as of the second, each further line raises.

use std::ffi::c_int;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::PyBaseException;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::{create_exception, ffi};

// No `Exception`: what handles those is not to handle this.
create_exception!(arena, TimeIsUp, PyBaseException, "The turn took too long.");

/// Calls Python code, and stops it after a while.
#[pyclass(frozen)]
pub struct Watch {
    limit: Duration,
    /// When the code that is running has to be done.
    end: Mutex<Option<Instant>>,
    set_timer: Py<PyAny>,
    timer: Py<PyAny>,
}

impl Watch {
    /// Takes over the signal SIGALRM. Only the thread that started Python can, and only it can run what is limited. It has
    /// to be the program's main thread, which gets the signal: one that some other thread gets need not end a loop.
    pub fn new(py: Python<'_>, limit: Duration) -> PyResult<Py<Self>> {
        // PyO3 makes these types when it needs them first: in a handler that has no stack left, it would wait for itself.
        py.get_type::<TimeIsUp>();
        py.get_type::<PanicException>();
        let signal = py.import("signal")?;
        let watch = Self {
            limit,
            end: Mutex::default(),
            set_timer: signal.getattr("setitimer")?.unbind(),
            timer: signal.getattr("ITIMER_REAL")?.unbind(),
        };
        let watch = Bound::new(py, watch)?;
        signal.call_method1("signal", (signal.getattr("SIGALRM")?, &watch))?;
        Ok(watch.unbind())
    }

    /// Runs `code`. Whatever it drops is to be dropped inside of it: a `__del__` can take its time, too.
    ///
    /// # Errors
    ///
    /// Those of the code, and `TimeIsUp`, also if the code returned, but too late.
    pub fn run<T>(&self, py: Python<'_>, code: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
        let end = Instant::now() + self.limit;
        *self.end() = Some(end);
        // A signal can come just before a function begins to wait, and not wake it: the next one will.
        self.set_timer(py, self.limit)?;
        let result = code();
        let late = Instant::now() > end;
        // A signal that comes now, or is still to be handled, finds that nothing is to be stopped.
        *self.end() = None;
        trace(py, None);
        self.set_timer(py, Duration::ZERO)?;
        match result {
            Ok(_) if late => Err(TimeIsUp::new_err(())),
            result => result,
        }
    }

    fn end(&self) -> MutexGuard<'_, Option<Instant>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_timer(&self, py: Python<'_>, period: Duration) -> PyResult<()> {
        let seconds = period.as_secs_f64();
        let arguments = (&self.timer, seconds, seconds);
        self.set_timer.call1(py, arguments).map(drop)
    }
}

#[pymethods]
impl Watch {
    /// Handle the signal.
    fn __call__(&self, py: Python<'_>, _signal: c_int, _frame: &Bound<'_, PyAny>) -> PyResult<()> {
        let (Some(end), now) = (*self.end(), Instant::now()) else {
            return Ok(());
        };
        if now < end {
            // It was meant for the turn before.
            return Ok(());
        }
        if now > end + self.limit / 2 {
            trace(py, Some(refuse));
        }
        Err(TimeIsUp::new_err(()))
    }
}

/// Sets what Python calls for each line, in C: one set by `sys.settrace` is removed as soon as it raises.
#[allow(unsafe_code, reason = "PyO3 has no safe API for this")]
fn trace(_py: Python<'_>, function: Option<ffi::Py_tracefunc>) {
    // SAFETY: this thread is attached, and the function takes no object.
    unsafe { ffi::PyEval_SetTrace(function, ptr::null_mut()) }
}

/// Raises at each line and call, but not when one ends: there an exception could be on its way already.
#[allow(unsafe_code, reason = "C calls it")]
unsafe extern "C" fn refuse(
    _: *mut ffi::PyObject,
    _: *mut ffi::PyFrameObject,
    event: c_int,
    _: *mut ffi::PyObject,
) -> c_int {
    if event != ffi::PyTrace_LINE && event != ffi::PyTrace_CALL {
        return 0;
    }
    // SAFETY: Python calls it, so this thread is attached.
    TimeIsUp::new_err(()).restore(unsafe { Python::assume_attached() });
    -1
}
