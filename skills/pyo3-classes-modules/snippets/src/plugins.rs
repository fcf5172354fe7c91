//! Code shown in `references/plugins.md`.

use std::mem;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use pyo3::exceptions::{PyBaseException, PyException, PyMemoryError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{PyTraverseError, PyVisit, intern};

// region: trait
/// Says what a parcel costs, in cents. The host knows carriers by this trait only.
trait Carrier: Send + Sync {
    fn price(&self, grams: u32, country: &str) -> PyResult<u32>;

    /// Shows the collector what Python objects there are.
    fn traverse(&self, _visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        Ok(())
    }
}

/// A carrier that comes with the host. No Python is needed.
struct FlatRate(u32);

impl Carrier for FlatRate {
    fn price(&self, grams: u32, _country: &str) -> PyResult<u32> {
        Ok(self.0 * grams.div_ceil(1_000))
    }
}
// endregion: trait

// region: versions
/// The versions of the contract that this host runs.
const SUPPORTED: RangeInclusive<u32> = 1..=2;

/// A plugin: any Python object that keeps the contract.
struct PythonCarrier {
    object: Py<PyAny>,
    version: u32,
}

impl PythonCarrier {
    fn load(plugin: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = plugin.py();
        // The version first: what else there must be depends on it.
        let version = plugin.getattr(intern!(py, "contract_version"))?.extract()?;
        if !SUPPORTED.contains(&version) {
            let (oldest, newest) = SUPPORTED.into_inner();
            let message = format!("contract version {version}; {oldest} to {newest} are supported");
            return Err(PyValueError::new_err(message));
        }
        if !plugin.getattr(intern!(py, "price"))?.is_callable() {
            return Err(PyTypeError::new_err("`price` is not callable"));
        }
        let object = match plugin.cast::<PyType>() {
            Ok(class) => class.call0()?,
            Err(_) => plugin.clone(),
        };
        Ok(Self {
            object: object.unbind(),
            version,
        })
    }
}
// endregion: versions

// region: adapter
impl Carrier for PythonCarrier {
    fn price(&self, grams: u32, country: &str) -> PyResult<u32> {
        Python::attach(|py| {
            let price = intern!(py, "price");
            let cents = match self.version {
                // Version 1 knew no countries. The host translates, so that old plugins go on working.
                1 => self.object.call_method1(py, price, (grams,)),
                _ => self.object.call_method1(py, price, (grams, country)),
            };
            cents?.extract(py)
        })
    }

    fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)
    }
}
// endregion: adapter

// region: fault
/// Whether it is the plugin's own fault. Ctrl-C, `sys.exit` in a signal handler and a lack of memory are not.
fn is_fault(py: Python<'_>, error: &PyErr) -> bool {
    if error.is_instance_of::<PyMemoryError>(py) {
        return false;
    }
    // A panic is one, but not an `Exception`; each extension has a class of its own for it, of the same name.
    let name = error.get_type(py).fully_qualified_name();
    error.is_instance_of::<PyException>(py)
        || name.is_ok_and(|name| name == "pyo3_runtime.PanicException")
}
// endregion: fault

type Named = (String, Arc<dyn Carrier>);
type Quotes = (Vec<(String, u32)>, Vec<(String, Py<PyBaseException>)>);

/// The carriers of a shop.
#[pyclass(frozen, weakref, module = "classes_snippets.carriers")]
struct Carriers {
    carriers: Mutex<Vec<Named>>,
}

impl Carriers {
    fn carriers(&self) -> MutexGuard<'_, Vec<Named>> {
        self.carriers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Carriers {
    #[new]
    fn new() -> Self {
        let flat: Arc<dyn Carrier> = Arc::new(FlatRate(490));
        Self {
            carriers: Mutex::new(vec![("flat".to_owned(), flat)]),
        }
    }

    /// Add a plugin, a class or an object; raise what is wrong with it.
    #[pyo3(signature = (name, plugin, /))]
    fn add(&self, name: String, plugin: &Bound<'_, PyAny>) -> PyResult<()> {
        let carrier = Arc::new(PythonCarrier::load(plugin)?);
        let mut carriers = self.carriers();
        if carriers.iter().any(|(taken, _)| *taken == name) {
            return Err(PyValueError::new_err(format!(
                "there is a carrier `{name}`"
            )));
        }
        carriers.push((name, carrier));
        Ok(())
    }

    // region: run
    /// Return the prices, and for each carrier that failed what it raised.
    #[pyo3(signature = (grams, country, /))]
    fn quotes(&self, py: Python<'_>, grams: u32, country: &str) -> PyResult<Quotes> {
        // No lock is held while plugins run: they may call this object.
        let carriers = self.carriers().clone();
        let (mut prices, mut problems) = (Vec::new(), Vec::new());
        for (name, carrier) in carriers {
            match py.detach(|| carrier.price(grams, country)) {
                Ok(cents) => prices.push((name, cents)),
                Err(error) if is_fault(py, &error) => problems.push((name, error.into_value(py))),
                Err(error) => return Err(error),
            }
        }
        Ok((prices, problems))
    }
    // endregion: run

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let carriers = match self.carriers.try_lock() {
            Ok(carriers) => carriers,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        carriers
            .iter()
            .try_for_each(|(_, carrier)| carrier.traverse(visit))
    }

    fn __clear__(&self) {
        let carriers = mem::take(&mut *self.carriers());
        drop(carriers);
    }
}

/// A plugin in Rust, as another extension would have it.
#[pyclass(frozen)]
struct Courier;

#[pymethods]
impl Courier {
    #[classattr]
    #[pyo3(name = "contract_version")]
    const CONTRACT_VERSION: u32 = 2;

    #[new]
    fn new() -> Self {
        Self
    }

    fn price(&self, grams: u32, country: &str) -> u32 {
        assert!(grams < 50_000, "too heavy");
        if country == "CH" { 900 } else { 2_400 }
    }
}

#[pyo3::pymodule]
pub mod plugins {
    #[pymodule_export]
    use super::{Carriers, Courier};
}
