//! Code shown in `references/inheritance.md`.

use pyo3::exceptions::PyNotImplementedError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

// region: base
/// A ship that calls at a harbour.
#[pyclass(subclass, frozen, module = "classes_snippets.harbour")]
struct Vessel {
    #[pyo3(get)]
    name: String,
    #[pyo3(get)]
    tonnes: u32,
}

#[pymethods]
impl Vessel {
    #[new]
    fn new(name: String, tonnes: u32) -> Self {
        Self { name, tonnes }
    }

    /// What a day at the quay costs, in euros.
    fn dues(&self) -> u32 {
        self.tonnes / 10
    }
}
// endregion: base

// region: derived
/// A vessel that carries cars.
#[pyclass(extends = Vessel, subclass, frozen, module = "classes_snippets.harbour")]
struct Ferry {
    #[pyo3(get)]
    cars: u32,
}

#[pymethods]
impl Ferry {
    #[new]
    #[pyo3(signature = (name, tonnes, *, cars))]
    fn new(name: String, tonnes: u32, cars: u32) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Vessel::new(name, tonnes)).add_subclass(Self { cars })
    }

    fn dues(slf: PyRef<'_, Self>) -> u32 {
        slf.as_super().dues() + 2 * slf.cars
    }
}
// endregion: derived

/// A ferry that also carries trains.
#[pyclass(extends = Ferry, frozen, module = "classes_snippets.harbour")]
struct TrainFerry {
    #[pyo3(get)]
    tracks: u32,
}

#[pymethods]
impl TrainFerry {
    #[new]
    #[pyo3(signature = (name, tonnes, *, cars, tracks))]
    fn new(name: String, tonnes: u32, cars: u32, tracks: u32) -> PyClassInitializer<Self> {
        Ferry::new(name, tonnes, cars).add_subclass(Self { tracks })
    }

    fn dues(slf: PyRef<'_, Self>) -> u32 {
        let tracks = slf.tracks;
        // `into_super` gives the guard of the base, which its methods take.
        Ferry::dues(slf.into_super()) + 50 * tracks
    }

    /// The name of the vessel, two classes up.
    fn sign(slf: PyRef<'_, Self>) -> String {
        slf.as_super().as_super().name.to_uppercase()
    }
}

// region: dispatch
/// The dues as Rust computes them: what Python overrides is not asked.
#[pyfunction]
fn tariff(vessel: &Bound<'_, Vessel>) -> u32 {
    vessel.get().dues()
}

/// The dues as Python would ask for them.
#[pyfunction]
fn dues(vessel: &Bound<'_, Vessel>) -> PyResult<u32> {
    vessel.call_method0("dues")?.extract()
}
// endregion: dispatch

/// What a harbour master writes down.
#[pyfunction]
fn kind(vessel: &Bound<'_, Vessel>) -> String {
    match vessel.cast::<Ferry>() {
        Ok(ferry) => format!("ferry for {} cars", ferry.get().cars),
        Err(_) if vessel.is_exact_instance_of::<Vessel>() => "vessel".into(),
        Err(_) => "vessel of another port".into(),
    }
}

/// A buoy, which takes whatever its subclasses want to be called with.
#[pyclass(subclass, frozen)]
struct Buoy {
    #[pyo3(get)]
    number: u32,
}

#[pymethods]
impl Buoy {
    // region: open
    #[new]
    #[pyo3(signature = (number, *_args, **_kwargs))]
    fn new(number: u32, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { number }
    }
    // endregion: open
}

// region: contract
/// What reads a depth; subclasses say how.
#[pyclass(subclass, frozen)]
struct Sounder;

#[pymethods]
impl Sounder {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }

    /// The depth in metres.
    fn depth(slf: &Bound<'_, Self>) -> PyResult<f64> {
        let class = slf.get_type().name()?;
        Err(PyNotImplementedError::new_err(format!("{class}.depth")))
    }

    /// The depth below a keel.
    fn clearance(slf: &Bound<'_, Self>, draught: f64) -> PyResult<f64> {
        let depth: f64 = slf.call_method0("depth")?.extract()?;
        Ok(depth - draught)
    }
}
// endregion: contract

/// A flag; its subclasses are counted.
#[pyclass(subclass, frozen)]
struct Flag;

#[pymethods]
impl Flag {
    #[new]
    fn new() -> Self {
        Self
    }

    /// Called for each class that inherits.
    #[classmethod]
    #[pyo3(signature = (*, country))]
    fn __init_subclass__(class: &Bound<'_, pyo3::types::PyType>, country: String) -> PyResult<()> {
        class.setattr("country", country)
    }
}

#[pymodule]
pub mod inheritance {
    #[pymodule_export]
    use super::{Buoy, Ferry, Flag, Sounder, TrainFerry, Vessel, dues, kind, tariff};
}
