//! Code shown in `references/receivers.md`.

use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::sync::{MutexExt, OnceLockExt};
use pyo3::types::PyList;

// region: basket
/// A shopping list that is changed in place.
#[pyclass]
#[derive(Default)]
struct Basket {
    articles: Vec<String>,
}
// endregion: basket

#[pymethods]
impl Basket {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: borrowed
    fn add(&mut self, article: String) {
        self.articles.push(article);
    }

    /// Keep what a callable accepts.
    fn filter(&mut self, accepts: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut kept = Vec::new();
        for article in &self.articles {
            if accepts.call1((article,))?.is_truthy()? {
                kept.push(article.clone());
            }
        }
        self.articles = kept;
        Ok(())
    }
    // endregion: borrowed

    /// Call a callable for each article, which may read, but not change.
    fn visit(&self, visitor: &Bound<'_, PyAny>) -> PyResult<()> {
        self.articles
            .iter()
            .try_for_each(|article| visitor.call1((article,)).map(drop))
    }

    /// Sort, and let other threads run meanwhile; they find the basket borrowed.
    fn sort(&mut self, py: Python<'_>) {
        py.detach(|| {
            self.articles.sort();
            thread::sleep(Duration::from_millis(300)); // as if it were long
        });
    }

    // region: short-borrow
    /// Keep what a callable accepts, which may use the basket meanwhile.
    fn filter_freely(slf: &Bound<'_, Self>, accepts: &Bound<'_, PyAny>) -> PyResult<()> {
        let articles = slf.try_borrow()?.articles.clone();
        let mut kept = Vec::new();
        for article in articles {
            if accepts.call1((&article,))?.is_truthy()? {
                kept.push(article);
            }
        }
        slf.try_borrow_mut()?.articles = kept;
        Ok(())
    }
    // endregion: short-borrow

    /// As `filter_freely`, with a borrow that panics.
    fn clear(slf: &Bound<'_, Self>) {
        slf.borrow_mut().articles.clear();
    }

    /// How many articles are in it; `None` while somebody changes it.
    fn count(slf: &Bound<'_, Self>) -> Option<usize> {
        let basket = slf.try_borrow().ok()?;
        Some(basket.articles.len())
    }

    fn first(slf: PyClassGuard<'_, Self>) -> Option<String> {
        slf.articles.first().cloned()
    }

    fn __len__(&self) -> usize {
        self.articles.len()
    }

    /// Move all articles of another basket here.
    fn take_from(&mut self, other: &mut Self) {
        self.articles.append(&mut other.articles);
    }

    /// Add an article and return this basket, for chains of calls.
    fn with_article(mut slf: PyRefMut<'_, Self>, article: String) -> PyRefMut<'_, Self> {
        slf.articles.push(article);
        slf
    }
}

// region: turnstile
/// Counts visitors, from any thread.
#[pyclass(frozen)]
#[derive(Default)]
struct Turnstile {
    visitors: AtomicU64,
}
// endregion: turnstile

#[pymethods]
impl Turnstile {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: enter
    fn enter(&self) -> u64 {
        self.visitors.fetch_add(1, Ordering::Relaxed) + 1
    }
    // endregion: enter
}

// region: get
/// Count the visitors of several entrances in threads of Rust.
#[pyfunction]
fn count_visitors(py: Python<'_>, entrances: Vec<Py<Turnstile>>) -> u64 {
    py.detach(|| {
        let visitors = |entrance: &Py<Turnstile>| entrance.get().visitors.load(Ordering::Relaxed);
        entrances.iter().map(visitors).sum()
    })
}
// endregion: get

// region: feed
/// Listeners of a news feed.
#[pyclass(frozen)]
#[derive(Default)]
struct Feed {
    listeners: Mutex<Vec<Py<PyAny>>>,
}
// endregion: feed

#[pymethods]
impl Feed {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    // region: listeners
    fn subscribe(&self, py: Python<'_>, listener: Py<PyAny>) {
        let listeners = self.listeners.lock_py_attached(py);
        listeners.unwrap().push(listener);
    }

    /// Tell all listeners, who may subscribe others meanwhile.
    fn publish(&self, py: Python<'_>, news: &str) -> PyResult<usize> {
        let listeners: Vec<_> = {
            let listeners = self.listeners.lock_py_attached(py).unwrap();
            listeners
                .iter()
                .map(|object| object.clone_ref(py))
                .collect()
        };
        for listener in &listeners {
            listener.call1(py, (news,))?;
        }
        Ok(listeners.len())
    }
    // endregion: listeners
}

/// A text whose words are counted when somebody first asks.
#[pyclass(frozen)]
struct Document {
    text: String,
    words: OnceLock<usize>,
}

#[pymethods]
impl Document {
    #[new]
    fn new(text: String) -> Self {
        let words = OnceLock::new();
        Self { text, words }
    }

    #[getter]
    fn words(&self, py: Python<'_>) -> usize {
        let count = || self.text.split_whitespace().count();
        *self.words.get_or_init_py_attached(py, count)
    }
}

// region: folder
/// A folder of a file system, which knows what is in it.
#[pyclass(frozen)]
struct Folder {
    #[pyo3(get)]
    name: String,
    #[pyo3(get)]
    parent: Option<Py<Folder>>,
}
// endregion: folder

#[pymethods]
impl Folder {
    #[new]
    #[pyo3(signature = (name, parent = None))]
    fn new(name: String, parent: Option<Py<Self>>) -> Self {
        Self { name, parent }
    }

    // region: bound
    /// Make a folder in this one.
    fn child(slf: Bound<'_, Self>, name: String) -> Self {
        Self::new(name, Some(slf.unbind()))
    }

    /// The names from the root to this folder.
    fn path<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        let py = slf.py();
        let mut names = Vec::new();
        let mut folder = Some(slf.get());
        while let Some(Self { name, parent }) = folder {
            names.push(name);
            folder = parent.as_ref().map(Py::get);
        }
        PyList::new(py, names.into_iter().rev())
    }
    // endregion: bound
}

/// A recording of a library that is bound to one thread.
#[pyclass(unsendable)]
struct Tape {
    samples: Rc<[i16]>,
}

#[pymethods]
impl Tape {
    #[new]
    fn new(samples: Vec<i16>) -> Self {
        let samples = samples.into();
        Self { samples }
    }

    fn __len__(&self) -> usize {
        self.samples.len()
    }
}

#[pymodule]
pub mod receivers {
    #[pymodule_export]
    use super::{Basket, Document, Feed, Folder, Tape, Turnstile, count_visitors};
}
