//! A greenhouse that scripts control: what the program gives them, and what it takes from them.

use std::env;
use std::ffi::CString;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

// region: state
/// What the program and its scripts share. Nothing of Python is in it.
#[derive(Default)]
struct Climate {
    temperature: f64,
    vent: f64,
}

/// The greenhouse, as scripts see it.
#[pyclass(frozen, module = "greenhouse")]
struct Greenhouse {
    climate: Weak<Mutex<Climate>>,
    listeners: Mutex<Vec<Py<PyAny>>>,
}

impl Greenhouse {
    fn climate(&self) -> PyResult<Arc<Mutex<Climate>>> {
        let gone = || PyRuntimeError::new_err("the greenhouse is closed");
        self.climate.upgrade().ok_or_else(gone)
    }
}

// endregion: state
#[pymethods]
impl Greenhouse {
    /// The temperature in degrees Celsius.
    #[getter]
    fn temperature(&self) -> PyResult<f64> {
        Ok(locked(&*self.climate()?).temperature)
    }

    /// How far the vent is open, from 0 to 1.
    #[getter]
    fn vent(&self) -> PyResult<f64> {
        Ok(locked(&*self.climate()?).vent)
    }

    // region: vent
    #[setter]
    fn set_vent(&self, share: f64) -> PyResult<()> {
        if !(0.0..=1.0).contains(&share) {
            return Err(PyValueError::new_err(format!(
                "vent: {share} is not between 0 and 1"
            )));
        }
        locked(&*self.climate()?).vent = share;
        Ok(())
    }

    // endregion: vent
    /// Have a function called with each new temperature; also a decorator.
    fn on_temperature(&self, listener: Py<PyAny>, py: Python<'_>) -> Py<PyAny> {
        locked(&self.listeners).push(listener.clone_ref(py));
        listener
    }
}

// region: locked
/// Locks for a moment: no Python code may run meanwhile.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
// endregion: locked

// region: tell
/// Tells all listeners; one that fails keeps nobody else from being told.
fn tell(py: Python<'_>, greenhouse: &Greenhouse, temperature: f64) -> Vec<PyErr> {
    // Copied, since a listener may add another, and the lock is free while they run.
    let listeners: Vec<_> = locked(&greenhouse.listeners)
        .iter()
        .map(|listener| listener.clone_ref(py))
        .collect();
    let calls = listeners
        .iter()
        .map(|listener| listener.call1(py, (temperature,)));
    calls.filter_map(Result::err).collect()
}
// endregion: tell

/// A counter as one would first write it.
#[pyclass(module = "greenhouse")]
struct Log {
    lines: Vec<String>,
}

#[pymethods]
impl Log {
    #[new]
    fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// Add a line that a function makes.
    fn add(&mut self, make: &Bound<'_, PyAny>) -> PyResult<()> {
        let line = make.call0()?.extract()?;
        self.lines.push(line);
        Ok(())
    }

    fn __len__(&self) -> usize {
        self.lines.len()
    }
}

// region: module
/// What scripts may use, API version 2.
#[pymodule(name = "greenhouse")]
mod greenhouse_api {
    #[pymodule_export]
    const API: u32 = 2;
    #[pymodule_export]
    use super::{Greenhouse, Log, burst, open_vent};
}

/// Open the vent; use `vent = 1` instead.
#[pyfunction]
#[pyo3(signature = (greenhouse), warn(message = "`open_vent` goes in API 3: set `vent`"))]
fn open_vent(greenhouse: &Bound<'_, Greenhouse>) -> PyResult<()> {
    greenhouse.get().set_vent(1.0)
}
// endregion: module

/// A bug of the program.
#[pyfunction]
fn burst() {
    panic!("the pipe has burst");
}

fn main() -> PyResult<()> {
    // region: start
    pyo3::append_to_inittab!(greenhouse_api);
    Python::initialize();
    // endregion: start
    let arguments: Vec<_> = env::args().skip(1).collect();
    Python::attach(|py| match &*arguments[0] {
        "late" => {
            pyo3::append_to_inittab!(greenhouse_api);
            Ok(())
        }
        "added" => {
            let module = pyo3::wrap_pymodule!(greenhouse_api)(py);
            py.import("sys")?
                .getattr("modules")?
                .set_item("garden", module)?;
            py.run(c"import garden; print(garden.API)", None, None)
        }
        script => run(py, script),
    })?;
    Python::attach(|py| py.run(c"import sys; sys.stdout.flush()", None, None))
}

/// Runs a script, reports three temperatures to it, and closes the greenhouse.
fn run(py: Python<'_>, script: &str) -> PyResult<()> {
    let climate = Arc::new(Mutex::new(Climate::default()));
    let greenhouse = Bound::new(
        py,
        Greenhouse {
            climate: Arc::downgrade(&climate),
            listeners: Mutex::default(),
        },
    )?;
    let code = CString::new(fs::read(Path::new(script))?)?;
    let module = PyModule::from_code(py, &code, &CString::new(script)?, c"script")?;
    // A script without `setup` listens to nothing, which is fine.
    if let Some(setup) = module.getattr_opt("setup")? {
        setup.call1((&greenhouse,))?;
    }
    for temperature in [18.0, 31.0, 24.0] {
        locked(&climate).temperature = temperature;
        for error in tell(py, greenhouse.get(), temperature) {
            eprintln!("error: {error}");
        }
        // Another thread of the program may look at any time.
        println!("{temperature} {}", locked(&climate).vent);
    }
    drop(climate);
    match module.getattr_opt("after")? {
        Some(after) => after.call0().map(drop),
        None => Ok(()),
    }
}
