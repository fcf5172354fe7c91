//! Code shown in `references/properties.md`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

// region: fields
/// A song in a library.
#[pyclass(get_all)]
struct Song {
    title: String,
    #[pyo3(name = "seconds")]
    duration: u32,
    #[pyo3(set)]
    stars: u8,
    /// Words to search by.
    tags: Vec<String>,
    /// Who plays it; any list.
    players: Py<PyList>,
}
// endregion: fields

#[pymethods]
impl Song {
    #[new]
    fn new(py: Python<'_>, title: String, duration: u32, tags: Vec<String>) -> Self {
        Self {
            title,
            duration,
            stars: 0,
            tags,
            players: PyList::empty(py).unbind(),
        }
    }

    fn tag(&mut self, word: String) {
        self.tags.push(word);
    }
}

// region: room
/// A room that is heated.
#[pyclass(frozen)]
struct Room {
    celsius: Mutex<Option<f64>>,
}
// endregion: room

#[pymethods]
impl Room {
    #[new]
    fn new() -> Self {
        let celsius = Mutex::new(None);
        Self { celsius }
    }

    // region: property
    /// What the thermostat is set to; `None` if it is off.
    #[getter]
    fn celsius(&self) -> Option<f64> {
        *self.setting()
    }

    #[setter]
    fn set_celsius(&self, celsius: f64) -> PyResult<()> {
        if !(5.0..=30.0).contains(&celsius) {
            return Err(PyValueError::new_err("a room has from 5 to 30 degrees"));
        }
        *self.setting() = Some(celsius);
        Ok(())
    }

    #[deleter]
    fn delete_celsius(&self) {
        *self.setting() = None;
    }

    #[getter]
    fn fahrenheit(&self) -> PyResult<f64> {
        let off = || PyAttributeError::new_err("the thermostat is off");
        Ok(self.setting().ok_or_else(off)? * 1.8 + 32.0)
    }
    // endregion: property

    #[setter(kelvin)]
    fn assign_kelvin(&self, kelvin: f64) -> PyResult<()> {
        self.set_celsius(kelvin - 273.15)
    }
}

impl Room {
    fn setting(&self) -> MutexGuard<'_, Option<f64>> {
        self.celsius.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a song is recorded.
#[pyclass(get_all, set_all, new = "from_fields", from_py_object)]
#[derive(Clone)]
struct Studio {
    city: String,
}

/// A recording, with the studio by value and as an object.
#[pyclass(get_all)]
struct Recording {
    clone: Studio,
    object: Py<Studio>,
}

#[pymethods]
impl Recording {
    #[new]
    fn new(py: Python<'_>, studio: Py<Studio>) -> PyResult<Self> {
        let clone = studio.extract(py)?;
        Ok(Self {
            clone,
            object: studio,
        })
    }
}

static CALLS: AtomicU32 = AtomicU32::new(0);

// region: parcel
/// A parcel.
#[pyclass(frozen, subclass, get_all)]
struct Parcel {
    grams: u32,
}
// endregion: parcel

#[pymethods]
impl Parcel {
    // region: class-attributes
    /// The heaviest that is carried.
    #[classattr]
    const MAX_GRAMS: u32 = 31_500;

    #[classattr]
    #[pyo3(name = "SIZES")]
    fn sizes() -> Vec<&'static str> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        vec!["S", "M", "L"]
    }
    // endregion: class-attributes

    #[new]
    fn new(grams: u32) -> Self {
        Self { grams }
    }

    // region: class-methods
    #[staticmethod]
    fn is_carried(grams: u32) -> bool {
        grams <= Self::MAX_GRAMS
    }

    #[classmethod]
    fn heaviest<'py>(cls: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
        cls.call1((cls.getattr("MAX_GRAMS")?,))
    }
    // endregion: class-methods
}

#[pyfunction]
fn calls_of_sizes() -> u32 {
    CALLS.load(Ordering::Relaxed)
}

// region: row
/// A record of a table, whose columns are attributes.
#[pyclass(frozen)]
struct Row {
    cells: BTreeMap<String, f64>,
}
// endregion: row

#[pymethods]
impl Row {
    #[new]
    #[pyo3(signature = (**cells))]
    fn new(cells: Option<BTreeMap<String, f64>>) -> Self {
        let cells = cells.unwrap_or_default();
        Self { cells }
    }

    fn columns(&self) -> Vec<&str> {
        self.cells.keys().map(String::as_str).collect()
    }

    // region: getattr
    // Asked only for what the class does not have.
    fn __getattr__(&self, name: &str) -> PyResult<f64> {
        let cell = self.cells.get(name).copied();
        cell.ok_or_else(|| PyAttributeError::new_err(format!("there is no column `{name}`")))
    }

    fn __dir__(slf: &Bound<'_, Self>) -> PyResult<Vec<String>> {
        let names: Vec<String> = slf.get_type().dir()?.extract()?;
        Ok(names
            .into_iter()
            .chain(slf.get().cells.keys().cloned())
            .collect())
    }
    // endregion: getattr
}

/// A seat in a theatre, whose fields are renamed.
#[pyclass(frozen, get_all, new = "from_fields", rename_all = "camelCase")]
struct Seat {
    row_number: u8,
}

#[pymethods]
impl Seat {
    fn is_in_front(&self) -> bool {
        self.row_number == 1
    }
}

/// A class with an attribute that can't be made; no module exports it.
#[pyclass(frozen)]
struct Broken;

#[pymethods]
impl Broken {
    #[classattr]
    fn limit() -> PyResult<u32> {
        Err(PyValueError::new_err("there is no limit"))
    }
}

#[pyfunction]
fn export_broken(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Broken>()
}

#[pyfunction]
fn use_broken() -> Broken {
    Broken
}

/// Settings of a program: `settings.colour = "red"`.
#[pyclass(frozen)]
#[derive(Default)]
struct Settings {
    values: Mutex<BTreeMap<String, String>>,
}

impl Settings {
    fn values(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Settings {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __getattr__(&self, name: &str) -> PyResult<String> {
        let value = self.values().get(name).cloned();
        value.ok_or_else(|| PyAttributeError::new_err(name.to_owned()))
    }

    fn __setattr__(&self, name: String, value: String) {
        self.values().insert(name, value);
    }

    fn __delattr__(&self, name: &str) -> PyResult<()> {
        let value = self.values().remove(name);
        value
            .map(drop)
            .ok_or_else(|| PyAttributeError::new_err(name.to_owned()))
    }
}

#[pymodule]
pub mod properties {
    #[pymodule_export]
    use super::{
        Parcel, Recording, Room, Row, Seat, Settings, Song, Studio, calls_of_sizes, export_broken,
        use_broken,
    };
}
