//! What Python calls.

use std::collections::BTreeSet;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyString;

use crate::index;
use crate::stop_words::load_stop_words;

/// Below so many postings, to detach and to attach again would take longer than the work.
const SMALL: usize = 1000;

/// Return the words that are in so many texts that an index leaves them out.
#[pyfunction]
#[pyo3(name = "stop_words")]
pub fn stop_words(py: Python<'_>) -> PyResult<BTreeSet<&'static str>> {
    Ok(load_stop_words(py)?.iter().map(AsRef::as_ref).collect())
}

/// An index of texts, which threads share; the texts themselves are not kept.
///
/// Args:
///     texts: The texts, in any iterable. The first has the number 0.
///
/// Raises:
///     KeyboardInterrupt: On Ctrl-C, within some milliseconds.
///     TypeError: If `texts` is a string, or one of them is none.
#[pyclass(frozen, module = "term_index")]
pub struct Index(index::Index);

#[pymethods]
impl Index {
    // region: new
    #[new]
    fn new(py: Python<'_>, texts: &Bound<'_, PyAny>) -> PyResult<Self> {
        let stop_words = load_stop_words(py)?;
        let texts = read_texts(texts)?;
        let pause = || Ok(Python::attach(|py| py.check_signals())?);
        Ok(Self(py.detach(|| {
            index::Index::build(&texts, stop_words, pause)
        })?))
    }
    // endregion: new

    /// Return the numbers of the texts that fit a query best, with a score (BM25), the best first.
    ///
    /// Args:
    ///     query: Words; a text that has any of them may be a result.
    ///     limit: How many results at most.
    #[pyo3(signature = (query, limit = 10))]
    fn search(
        &self,
        py: Python<'_>,
        query: PyBackedStr,
        limit: usize,
    ) -> PyResult<Vec<(u32, f64)>> {
        let stop_words = load_stop_words(py)?;
        let search = || self.0.search(&query, stop_words, limit);
        Ok(
            if query.len() < SMALL && self.0.work(&query, stop_words) < SMALL {
                search()
            } else {
                py.detach(search)
            },
        )
    }

    /// Return the number of texts that have a term, which is in lower case.
    fn count(&self, term: &str) -> usize {
        self.0.postings(term).len()
    }

    /// The number of different terms.
    #[getter]
    fn terms(&self) -> usize {
        self.0.term_count()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}

/// Borrows the texts of Python's strings, without a copy. All of them are read before the work begins, so that an iterable
/// may be Python code.
fn read_texts(texts: &Bound<'_, PyAny>) -> PyResult<Vec<PyBackedStr>> {
    if texts.is_instance_of::<PyString>() {
        return Err(PyTypeError::new_err(
            "`texts` is a string, expected several",
        ));
    }
    // Not `Vec<PyBackedStr>` as the argument's type: it believes what `__len__` says, and panics where that is too much.
    texts.try_iter()?.map(|text| text?.extract()).collect()
}
