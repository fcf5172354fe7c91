//! Code shown in `references/callbacks.md`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use pyo3::{PyTraverseError, PyVisit};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// region: observed
/// A thermometer in a greenhouse, which tells its listeners what it reads.
#[pyclass(frozen, weakref)]
#[derive(Default)]
struct Thermometer {
    listeners: Mutex<BTreeMap<u64, Listener>>,
    next: AtomicU64,
}

enum Listener {
    Callable(Py<PyAny>),
    /// A `weakref.WeakMethod`.
    Method(Py<PyAny>),
}
// endregion: observed

impl Listener {
    fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::Callable(callable) => Self::Callable(callable.clone_ref(py)),
            Self::Method(reference) => Self::Method(reference.clone_ref(py)),
        }
    }

    fn object(&self) -> &Py<PyAny> {
        match self {
            Self::Callable(object) | Self::Method(object) => object,
        }
    }

    /// What to call; `None` if the object of the method is gone.
    fn target(self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match self {
            Self::Callable(callable) => Ok(Some(callable)),
            Self::Method(reference) => {
                let method = reference.call0(py)?;
                Ok((!method.is_none(py)).then_some(method))
            }
        }
    }
}

impl Thermometer {
    fn add(slf: Py<Self>, listener: Listener) -> Subscription {
        let this = slf.get();
        let number = this.next.fetch_add(1, Ordering::Relaxed);
        lock(&this.listeners).insert(number, listener);
        Subscription {
            thermometer: slf,
            number,
        }
    }

    // region: copy
    // A listener may subscribe, cancel or read again, so no lock is held while one runs.
    fn copied(&self, py: Python<'_>) -> Vec<(u64, Listener)> {
        let listeners = lock(&self.listeners);
        listeners
            .iter()
            .map(|(number, listener)| (*number, listener.clone_ref(py)))
            .collect()
    }

    fn call(&self, py: Python<'_>, number: u64, listener: Listener, degrees: f64) -> PyResult<()> {
        match listener.target(py)? {
            Some(target) => target.call1(py, (degrees,)).map(drop),
            None => {
                let listener = lock(&self.listeners).remove(&number);
                drop(listener);
                Ok(())
            }
        }
    }
    // endregion: copy
}

#[pymethods]
impl Thermometer {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: subscribe
    /// Call `listener(degrees)` at each reading, until the subscription is cancelled.
    fn subscribe(slf: Py<Self>, listener: Bound<'_, PyAny>) -> PyResult<Subscription> {
        match listener.is_callable() {
            true => Ok(Self::add(slf, Listener::Callable(listener.unbind()))),
            false => Err(PyTypeError::new_err("a listener is callable")),
        }
    }

    /// Call a method likewise, as long as something else keeps its object alive.
    fn subscribe_method(slf: Py<Self>, method: &Bound<'_, PyAny>) -> PyResult<Subscription> {
        let weak_method = method.py().import("weakref")?.getattr("WeakMethod")?;
        let reference = weak_method.call1((method,))?;
        Ok(Self::add(slf, Listener::Method(reference.unbind())))
    }
    // endregion: subscribe

    #[getter]
    fn listeners(&self) -> usize {
        lock(&self.listeners).len()
    }

    /// Tell the listeners; the first exception stops it.
    fn read(&self, py: Python<'_>, degrees: f64) -> PyResult<()> {
        self.copied(py)
            .into_iter()
            .try_for_each(|(number, listener)| self.call(py, number, listener, degrees))
    }

    // region: collect
    /// Tell all listeners; what they raise is returned.
    fn read_all(&self, py: Python<'_>, degrees: f64) -> PyResult<Vec<PyErr>> {
        let mut errors = Vec::new();
        for (number, listener) in self.copied(py) {
            match self.call(py, number, listener, degrees) {
                // `KeyboardInterrupt` and `SystemExit` are not the listener's own.
                Err(error) if error.is_instance_of::<PyException>(py) => errors.push(error),
                result => result?,
            }
        }
        Ok(errors)
    }
    // endregion: collect

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(listeners) = self.listeners.try_lock() else {
            return Ok(());
        };
        listeners
            .values()
            .try_for_each(|listener| visit.call(listener.object()))
    }

    fn __clear__(&self) {
        let listeners = std::mem::take(&mut *lock(&self.listeners));
        drop(listeners);
    }
}

/// What `subscribe` returns.
#[pyclass(frozen)]
struct Subscription {
    thermometer: Py<Thermometer>,
    number: u64,
}

#[pymethods]
impl Subscription {
    /// Call the listener no more; does nothing the second time.
    fn cancel(&self) {
        // The lock is given back before the listener is dropped, which may run Python code.
        let listener = lock(&self.thermometer.get().listeners).remove(&self.number);
        drop(listener);
    }
}

/// Reads in a thread of its own until it is stopped.
#[pyclass(frozen)]
struct Watch {
    stopped: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[pymethods]
impl Watch {
    // region: watch
    #[new]
    fn new(thermometer: Py<Thermometer>) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let stopped = stopped.clone();
            move || {
                while !stopped.load(Ordering::Relaxed) {
                    // `None` while Python shuts down.
                    if Python::try_attach(|py| report(py, &thermometer)).is_none() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let thread = Mutex::new(Some(thread));
        Self { stopped, thread }
    }

    /// Stop, and wait until no listener runs any more.
    fn stop(&self, py: Python<'_>) {
        self.stopped.store(true, Ordering::Relaxed);
        let thread = lock(&self.thread).take();
        // Detached: the thread may be waiting to attach for its last reading.
        py.detach(|| thread.map(JoinHandle::join));
    }
    // endregion: watch
}

/// There is no caller: what a listener raises goes to `sys.unraisablehook`.
fn report(py: Python<'_>, thermometer: &Py<Thermometer>) {
    let listeners = thermometer.get().copied(py);
    for (number, listener) in listeners {
        if let Err(error) = thermometer.get().call(py, number, listener, 21.5) {
            error.write_unraisable(py, Some(thermometer.bind(py).as_any()));
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

// region: progress
/// Add up what a sensor read; `progress(done)` is called for each thousandth, and ends it by `False`.
#[pyfunction]
#[pyo3(signature = (readings, progress = None))]
fn total(py: Python<'_>, readings: Vec<f64>, progress: Option<Py<PyAny>>) -> PyResult<Option<f64>> {
    let go_on = |done: usize| match &progress {
        Some(progress) => Python::attach(|py| -> PyResult<bool> {
            let answer = progress.bind(py).call1((done,))?;
            Ok(answer.is_none() || answer.is_truthy()?)
        }),
        None => Ok(true),
    };
    py.detach(|| {
        let mut total = 0.0;
        for (number, part) in readings.chunks(1000).enumerate() {
            if !go_on(number * 1000)? {
                return Ok(None);
            }
            total += part.iter().sum::<f64>();
        }
        Ok(Some(total))
    })
}
// endregion: progress

// region: closure
/// Return a function of Python that knows how often it was called with too much heat.
#[pyfunction]
fn alarm(py: Python<'_>, limit: f64) -> PyResult<Bound<'_, PyCFunction>> {
    let alarms = AtomicU64::new(0);
    let check = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        let (degrees,): (f64,) = arguments.extract()?;
        if degrees > limit {
            alarms.fetch_add(1, Ordering::Relaxed);
        }
        PyResult::Ok(alarms.load(Ordering::Relaxed))
    };
    PyCFunction::new_closure(py, Some(c"alarm"), Some(c"Count what is too hot."), check)
}
// endregion: closure

/// The same as a class, which checks its arguments, and may have attributes and be pickled.
#[pyclass(frozen)]
struct Alarm {
    limit: f64,
    alarms: AtomicU64,
}

#[pymethods]
impl Alarm {
    #[new]
    fn new(limit: f64) -> Self {
        let alarms = AtomicU64::new(0);
        Self { limit, alarms }
    }

    fn __call__(&self, degrees: f64) -> u64 {
        let hot = u64::from(degrees > self.limit);
        self.alarms.fetch_add(hot, Ordering::Relaxed) + hot
    }
}

#[pymodule]
pub mod callbacks {
    #[pymodule_export]
    use super::{Alarm, Subscription, Thermometer, Watch, alarm, total};
}
