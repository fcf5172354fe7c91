//! Code shown in `references/ownership.md`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::{MutexExt, OnceLockExt, PyOnceLock};
use pyo3::types::{PyList, PyType};

// region: bound
/// Keep the readings that are not far from the one before.
#[pyfunction]
fn smooth<'py>(readings: &Bound<'py, PyList>, step: f64) -> PyResult<Bound<'py, PyList>> {
    let kept = PyList::empty(readings.py());
    let mut last: Option<f64> = None;
    for reading in readings {
        let value: f64 = reading.extract()?;
        if last.is_none_or(|last| (value - last).abs() <= step) {
            kept.append(&reading)?;
            last = Some(value);
        }
    }
    Ok(kept)
}
// endregion: bound

// region: stored
/// A sensor that tells a Python callable what it measures.
#[pyclass(frozen)]
struct Sensor {
    name: String,
    listener: Py<PyAny>,
}
// endregion: stored

#[pymethods]
impl Sensor {
    #[new]
    fn new(name: String, listener: Py<PyAny>) -> Self {
        Self { name, listener }
    }

    /// The callable that was given.
    #[getter]
    fn listener(&self, py: Python<'_>) -> Py<PyAny> {
        self.listener.clone_ref(py)
    }

    // region: measure
    fn measure(&self, py: Python<'_>, value: f64) -> PyResult<()> {
        self.listener.bind(py).call1((&self.name, value))?;
        Ok(())
    }
    // endregion: measure
}

// region: shared
/// The samples of a recording, which any number of windows look at.
#[pyclass(frozen)]
struct Recording {
    samples: Arc<[f64]>,
}

/// A part of a recording; in Rust this would be a slice with a lifetime.
#[pyclass(frozen)]
struct Window {
    samples: Arc<[f64]>,
    start: usize,
    stop: usize,
}
// endregion: shared

#[pymethods]
impl Recording {
    #[new]
    fn new(samples: Vec<f64>) -> Self {
        Self {
            samples: samples.into(),
        }
    }

    fn window(&self, start: usize, stop: usize) -> PyResult<Window> {
        if start < stop && stop <= self.samples.len() {
            Ok(Window {
                samples: Arc::clone(&self.samples),
                start,
                stop,
            })
        } else {
            Err(PyValueError::new_err(format!(
                "no samples from {start} to {stop}"
            )))
        }
    }
}

#[pymethods]
impl Window {
    fn peak(&self) -> f64 {
        self.samples[self.start..self.stop]
            .iter()
            .copied()
            .fold(f64::MIN, f64::max)
    }
}

// region: detach
/// Wait until a sensor has settled; other Python threads run meanwhile.
#[pyfunction]
fn settle(py: Python<'_>, milliseconds: u64) {
    py.detach(|| thread::sleep(Duration::from_millis(milliseconds)));
}
// endregion: detach

/// The same without letting go; every other thread waits.
#[pyfunction]
fn settle_attached(milliseconds: u64) {
    thread::sleep(Duration::from_millis(milliseconds));
}

// region: attach
/// Measure in threads of Rust, and report each value to a Python callable.
#[pyfunction]
fn watch(py: Python<'_>, listener: Py<PyAny>, channels: u32) -> PyResult<()> {
    py.detach(|| {
        thread::scope(|scope| {
            let workers: Vec<_> = (0..channels)
                .map(|channel| {
                    let listener = &listener;
                    scope.spawn(move || {
                        let value = f64::from(channel) * 0.5; // the long part, detached
                        Python::attach(|py| listener.bind(py).call1((channel, value)).map(drop))
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| {
                worker
                    .join()
                    .map_err(|_| PyRuntimeError::new_err("a worker panicked"))?
            })
        })
    })
}
// endregion: attach

// region: dropped
/// A port that is open as long as the object exists.
#[pyclass(frozen)]
struct Port {
    open: Arc<AtomicBool>,
}

impl Drop for Port {
    fn drop(&mut self) {
        self.open.store(false, Ordering::SeqCst);
    }
}

/// Drop the only pointer to a port while detached, and ask whether it is open: at once, and when attached again.
#[pyfunction]
fn close_detached(py: Python<'_>) -> PyResult<(bool, bool)> {
    let open = Arc::new(AtomicBool::new(true));
    let port = Port {
        open: Arc::clone(&open),
    };
    let port = Py::new(py, port)?;
    let still_open = py.detach(|| {
        drop(port);
        open.load(Ordering::SeqCst)
    });
    Ok((still_open, open.load(Ordering::SeqCst)))
}
// endregion: dropped

/// Readings that several threads add to, and that a Python callable may inspect under the lock.
#[pyclass(frozen)]
#[derive(Default)]
struct Journal {
    readings: Mutex<Vec<f64>>,
}

#[pymethods]
impl Journal {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: mutex
    /// Add a reading if a callable accepts it; it is called while the journal is locked.
    fn add_if(&self, py: Python<'_>, reading: f64, accept: &Bound<'_, PyAny>) -> PyResult<usize> {
        // `lock()` would wait attached; whoever holds the lock may be waiting to attach.
        let mut readings = self
            .readings
            .lock_py_attached(py)
            .map_err(|_| PyRuntimeError::new_err("a thread panicked with the journal"))?;
        if accept.call1((reading,))?.is_truthy()? {
            readings.push(reading);
        }
        Ok(readings.len())
    }
    // endregion: mutex
}

// region: once
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static SCALE: OnceLock<Vec<f64>> = OnceLock::new();

/// Make a decimal from a reading, by a class that is imported once.
#[pyfunction]
fn decimal<'py>(py: Python<'py>, reading: f64) -> PyResult<Bound<'py, PyAny>> {
    let text = format!("{reading:.2}");
    DECIMAL.import(py, "decimal", "Decimal")?.call1((text,))
}

/// Look a value up in a table that is computed once; nothing of Python's is in it.
#[pyfunction]
fn scaled(py: Python<'_>, step: usize) -> Option<f64> {
    let scale =
        SCALE.get_or_init_py_attached(py, || (0..16).map(|step| 1.5_f64.powi(step)).collect());
    scale.get(step).copied()
}
// endregion: once

#[pymodule]
pub mod ownership {
    #[pymodule_export]
    use super::{
        Journal, Port, Recording, Sensor, Window, close_detached, decimal, scaled, settle,
        settle_attached, smooth, watch,
    };
}
