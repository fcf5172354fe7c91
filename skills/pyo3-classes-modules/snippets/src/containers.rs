//! Code shown in `references/containers.md`.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyType};

// region: index
/// Turns an index that may count from the end into a place that exists.
fn place(index: &Bound<'_, PyAny>, length: usize) -> PyResult<usize> {
    let index: isize = index.extract()?;
    let place = match index {
        0.. => index.unsigned_abs(),
        _ => length.wrapping_sub(index.unsigned_abs()),
    };
    match place < length {
        true => Ok(place),
        false => Err(out_of_range()),
    }
}

fn out_of_range() -> PyErr {
    PyIndexError::new_err("playlist index out of range")
}

/// Returns the places that a slice selects, in its order.
fn places(slice: &Bound<'_, PySlice>, length: usize) -> PyResult<impl Iterator<Item = usize>> {
    let indices = slice.indices(length.try_into()?)?;
    let places = (0..indices.slicelength as isize).map(move |k| indices.start + k * indices.step);
    Ok(places.map(isize::unsigned_abs))
}
// endregion: index

// region: sequence
/// Titles in the order in which they are played.
#[pyclass(
    frozen,
    sequence,
    subclass,
    module = "classes_snippets._core.containers"
)]
struct Playlist {
    titles: Mutex<Vec<String>>,
}
// endregion: sequence

impl Playlist {
    fn titles(&self) -> MutexGuard<'_, Vec<String>> {
        self.titles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn titles_at(&self, places: impl Iterator<Item = usize>) -> Vec<String> {
        let titles = self.titles();
        places
            .filter_map(|place| titles.get(place).cloned())
            .collect()
    }
}

#[pymethods]
impl Playlist {
    #[new]
    #[pyo3(signature = (titles = Vec::new()))]
    fn new(titles: Vec<String>) -> Self {
        let titles = Mutex::new(titles);
        Self { titles }
    }

    fn __len__(&self) -> usize {
        self.titles().len()
    }

    // region: items
    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // No lock is held while Python code may run, such as the `__index__` of what was passed.
        let length = self.__len__();
        let Ok(slice) = index.cast::<PySlice>() else {
            let place = place(index, length)?;
            let title = self.titles().get(place).cloned();
            let title = title.ok_or_else(out_of_range)?;
            return Ok(title.into_pyobject(index.py())?.into_any());
        };
        let places = places(slice, length)?;
        let part = self.titles_at(places);
        Ok(Self::new(part).into_pyobject(index.py())?.into_any())
    }
    // endregion: items

    fn __setitem__(&self, index: &Bound<'_, PyAny>, title: String) -> PyResult<()> {
        let place = place(index, self.__len__())?;
        *self.titles().get_mut(place).ok_or_else(out_of_range)? = title;
        Ok(())
    }

    fn __delitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<()> {
        let doomed: HashSet<usize> = match index.cast::<PySlice>() {
            Ok(slice) => places(slice, self.__len__())?.collect(),
            Err(_) => HashSet::from([place(index, self.__len__())?]),
        };
        let mut place = 0..;
        self.titles()
            .retain(|_| place.next().is_none_or(|place| !doomed.contains(&place)));
        Ok(())
    }

    // Anything may be looked for; what is no `str` is not in it.
    fn __contains__(&self, title: &Bound<'_, PyAny>) -> bool {
        title
            .extract()
            .is_ok_and(|title: &str| self.titles().iter().any(|have| have == title))
    }

    /// Put a title before a position, as `list.insert` does.
    fn insert(&self, position: isize, title: String) {
        let mut titles = self.titles();
        let place = match position {
            0.. => position.unsigned_abs().min(titles.len()),
            _ => titles.len().saturating_sub(position.unsigned_abs()),
        };
        titles.insert(place, title);
    }
}

/// A sequence without any option, and what Python makes of `__getitem__` alone.
#[pyclass(frozen)]
struct Stairs {
    steps: usize,
}

#[pymethods]
impl Stairs {
    #[new]
    fn new(steps: usize) -> Self {
        Self { steps }
    }

    fn __len__(&self) -> usize {
        self.steps
    }

    fn __getitem__(&self, step: usize) -> PyResult<String> {
        match step < self.steps {
            true => Ok(format!("step {step}")),
            false => Err(PyIndexError::new_err("no such step")),
        }
    }

    fn __contains__(&self, step: &str) -> bool {
        step.starts_with("step ")
    }
}

// region: mapping
/// Terms and what they mean, in alphabetical order.
#[pyclass(frozen, mapping, module = "classes_snippets._core.containers")]
#[derive(Default)]
struct Glossary {
    meanings: Mutex<BTreeMap<String, String>>,
}
// endregion: mapping

impl Glossary {
    fn meanings(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.meanings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl Glossary {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // As for `dict`: what changes has no hash.
    #[classattr]
    const __hash__: Option<Py<PyAny>> = None;

    fn __len__(&self) -> usize {
        self.meanings().len()
    }

    // region: item
    fn __getitem__(&self, term: &str) -> PyResult<String> {
        let meaning = self.meanings().get(term).cloned();
        meaning.ok_or_else(|| PyKeyError::new_err(term.to_owned()))
    }
    // endregion: item

    fn __setitem__(&self, term: String, meaning: String) {
        self.meanings().insert(term, meaning);
    }

    fn __delitem__(&self, term: &str) -> PyResult<()> {
        let meaning = self.meanings().remove(term);
        meaning
            .map(drop)
            .ok_or_else(|| PyKeyError::new_err(term.to_owned()))
    }

    // region: keys
    fn __contains__(&self, term: &Bound<'_, PyAny>) -> bool {
        term.extract()
            .is_ok_and(|term: &str| self.meanings().contains_key(term))
    }

    fn __iter__(slf: Py<Self>) -> Terms {
        Terms {
            glossary: slf,
            last: Mutex::default(),
        }
    }
    // endregion: keys
}

/// The terms of a glossary; those that are added meanwhile come, too, if they are still ahead.
#[pyclass(frozen)]
struct Terms {
    glossary: Py<Glossary>,
    last: Mutex<Option<String>>,
}

#[pymethods]
impl Terms {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self) -> Option<String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let meanings = self.glossary.get().meanings();
        let next = match last.as_deref() {
            None => meanings.first_key_value(),
            Some(last) => meanings.range::<str, _>((Excluded(last), Unbounded)).next(),
        };
        let term = next?.0.clone();
        last.replace(term.clone());
        Some(term)
    }
}

/// What a mapping is without `mapping`: it passes for a sequence.
#[pyclass(frozen)]
struct Sheet;

#[pymethods]
impl Sheet {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __getitem__(&self, cell: String) -> PyResult<f64> {
        match cell.as_str() {
            "A1" => Ok(0.5),
            _ => Err(PyKeyError::new_err(cell)),
        }
    }

    fn __len__(&self) -> usize {
        1
    }
}

/// A sequence with the option and nothing more.
#[pyclass(frozen, sequence)]
struct Ladder;

#[pymethods]
impl Ladder {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __getitem__(&self, rung: usize) -> PyResult<usize> {
        match rung < 3 {
            true => Ok(rung),
            false => Err(PyIndexError::new_err("no such rung")),
        }
    }

    fn __len__(&self) -> usize {
        3
    }
}

/// A mapping with the option and nothing more.
#[pyclass(frozen, mapping)]
struct Cells;

#[pymethods]
impl Cells {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __getitem__(&self, cell: String) -> f64 {
        cell.len() as f64
    }

    fn __len__(&self) -> usize {
        1
    }
}

/// Take any sequence, as `Vec` does.
#[pyfunction]
fn total(numbers: Vec<f64>) -> f64 {
    numbers.iter().sum()
}

// region: register
/// Registers a class with one of `collections.abc`, and gives it some of that one's ready-made methods.
fn register(class: &Bound<'_, PyType>, abstract_class: &str, methods: &str) -> PyResult<()> {
    let abstract_class = class
        .py()
        .import("collections.abc")?
        .getattr(abstract_class)?;
    abstract_class.call_method1("register", (class,))?;
    methods
        .split_whitespace()
        .try_for_each(|name| class.setattr(name, abstract_class.getattr(name)?))
}
// endregion: register

#[pymodule]
pub mod containers {
    #[pymodule_export]
    use super::{Cells, Glossary, Ladder, Playlist, Sheet, Stairs, Terms, total};
    use pyo3::prelude::*;

    // region: init
    #[pymodule_init]
    fn init(py: Python<'_>) -> PyResult<()> {
        super::register(
            &py.get_type::<Playlist>(),
            "MutableSequence",
            "__iter__ __reversed__ append extend index pop remove",
        )?;
        super::register(
            &py.get_type::<Glossary>(),
            "MutableMapping",
            "__eq__ get items keys pop update values",
        )
    }
    // endregion: init
}
