//! Code shown in `references/enums.md`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

// region: simple
/// How soon a patient must be seen.
#[pyclass(
    eq,
    ord,
    hash,
    frozen,
    from_py_object,
    rename_all = "SCREAMING_SNAKE_CASE",
    module = "classes_snippets.triage"
)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Urgency {
    Minor = 1,
    Delayed = 2,
    Immediate = 4,
}
// endregion: simple

impl Urgency {
    const ALL: [Self; 3] = [Self::Minor, Self::Delayed, Self::Immediate];

    fn number(self) -> isize {
        self as isize
    }
}

#[pymethods]
impl Urgency {
    // region: members
    /// All members, in the order of their definition.
    #[staticmethod]
    fn members() -> [Self; 3] {
        Self::ALL
    }

    /// The member with a number, as `int` gives it.
    #[staticmethod]
    fn of(number: isize) -> PyResult<Self> {
        let member = Self::ALL
            .into_iter()
            .find(|member| member.number() == number);
        member.ok_or_else(|| PyValueError::new_err(format!("{number} is not an urgency")))
    }
    // endregion: members

    /// The name of the member.
    #[getter]
    fn name(&self) -> &'static str {
        match self {
            Self::Minor => "MINOR",
            Self::Delayed => "DELAYED",
            Self::Immediate => "IMMEDIATE",
        }
    }
}

/// An enum that equals its numbers.
#[pyclass(eq, eq_int, frozen)]
#[derive(PartialEq)]
enum Bed {
    Ward = 1,
    Intensive,
}

/// An enum without options.
#[pyclass]
enum Shift {
    Day,
    Night,
}

/// An enum that equals its numbers, and has a hash all the same.
#[pyclass(eq, eq_int, hash, frozen)]
#[derive(PartialEq, Hash)]
enum Floor {
    Ground,
    First,
}

#[pyfunction]
fn floor() -> Floor {
    match std::hint::black_box(true) {
        true => Floor::First,
        false => Floor::Ground,
    }
}

/// What becomes of the names of variants with data.
#[pyclass(rename_all = "SCREAMING_SNAKE_CASE")]
enum Note {
    PlainText {
        body: String,
    },
    #[pyo3(name = "Erased")]
    Lost(),
}

#[pyfunction]
fn notes() -> [Note; 2] {
    let body = "seen".into();
    [Note::PlainText { body }, Note::Lost()]
}

/// The urgency of a patient, as Rust returns it.
#[pyfunction]
fn urgency(pulse: u32) -> Urgency {
    match pulse {
        0..=40 | 150.. => Urgency::Immediate,
        41..=110 => Urgency::Minor,
        _ => Urgency::Delayed,
    }
}

/// Made anew by `Py::new`, past the singletons.
#[pyfunction]
fn copied_urgency(py: Python<'_>) -> PyResult<Py<Urgency>> {
    Py::new(py, Urgency::Minor)
}

#[pyfunction]
fn is_urgent(urgency: Urgency) -> bool {
    urgency > Urgency::Minor
}

#[pyfunction]
fn shift(hour: u32) -> Shift {
    match hour {
        7..=18 => Shift::Day,
        _ => Shift::Night,
    }
}

#[pyfunction]
fn bed() -> Bed {
    Bed::Intensive
}

#[pyfunction]
fn ward() -> Bed {
    Bed::Ward
}

// region: complex
/// What was done for a patient.
#[pyclass(eq, frozen, module = "classes_snippets.triage")]
#[derive(Clone, PartialEq)]
enum Treatment {
    /// A medicine; by default one dose.
    #[pyo3(constructor = (drug, *, milligrams, doses = 1))]
    Dose {
        drug: String,
        milligrams: u32,
        doses: u32,
    },
    /// Beats per minute, and who counted them.
    Pulse(u32, String),
    Rest(),
}
// endregion: complex

#[pymethods]
impl Treatment {
    /// How much of the medicine the patient got.
    fn total(&self) -> u32 {
        match self {
            Self::Dose {
                milligrams, doses, ..
            } => milligrams * doses,
            Self::Pulse(..) | Self::Rest() => 0,
        }
    }
}

#[pyfunction]
fn rest() -> Treatment {
    Treatment::Rest()
}

/// A treatment as `Py::new` makes it.
#[pyfunction]
fn unnamed(py: Python<'_>) -> PyResult<Py<Treatment>> {
    Py::new(py, Treatment::Pulse(60, "Ida".into()))
}

#[pyfunction]
fn total(treatments: Vec<Py<Treatment>>) -> u32 {
    treatments
        .iter()
        .map(|treatment| treatment.get().total())
        .sum()
}

/// What holds values that can't be compared by hash.
#[pyclass(frozen, get_all)]
struct Visit {
    urgency: Urgency,
    treatment: Option<Py<Treatment>>,
}

#[pymethods]
impl Visit {
    #[new]
    #[pyo3(signature = (urgency, treatment = None))]
    fn new(urgency: Urgency, treatment: Option<Py<Treatment>>) -> Self {
        Self { urgency, treatment }
    }

    #[classattr]
    #[expect(non_upper_case_globals, reason = "Python's name")]
    const __match_args__: (&'static str, &'static str) = ("urgency", "treatment");
}

/// Members of an `enum.Enum` that is written in Python, as Rust sees them.
#[derive(Clone, Copy)]
enum Ward {
    Surgery,
    Maternity,
}

fn ward_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "classes_snippets.wards", "Ward")
}

// region: python-enum
impl<'a, 'py> FromPyObject<'a, 'py> for Ward {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = object.py();
        // A member, or its value; anything else is a `ValueError` of `Ward`.
        let value = ward_class(py)?.call1((object,))?.getattr("value")?;
        match value.cast::<PyString>()?.to_str()? {
            "surgery" => Ok(Self::Surgery),
            "maternity" => Ok(Self::Maternity),
            value => Err(PyValueError::new_err(format!("ward `{value}` is new"))),
        }
    }
}

// endregion: python-enum

impl<'py> IntoPyObject<'py> for Ward {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        ward_class(py)?.getattr(match self {
            Self::Surgery => "SURGERY",
            Self::Maternity => "MATERNITY",
        })
    }
}

#[pyfunction]
fn next_ward(ward: Ward) -> Ward {
    match ward {
        Ward::Surgery => Ward::Maternity,
        Ward::Maternity => Ward::Surgery,
    }
}

#[pymodule]
pub mod enums {
    #[pymodule_export]
    use super::{
        Bed, Floor, Note, Shift, Treatment, Urgency, Visit, bed, copied_urgency, floor, is_urgent,
        next_ward, notes, rest, shift, total, unnamed, urgency, ward,
    };
}
