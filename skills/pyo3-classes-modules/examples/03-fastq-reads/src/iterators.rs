//! The iterators: reads, reads that pass a filter, and batches of either.

use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;

use crate::fastq::Record;
use crate::read::Read;
use crate::source::Source;

use std::path::PathBuf;

/// What a read needs to be returned.
#[derive(Clone, Copy)]
struct Filter {
    min_length: usize,
    min_quality: f64,
}

impl Filter {
    const NONE: Self = Self {
        min_length: 0,
        min_quality: 0.0,
    };

    /// Returns a filter that is as strict as both.
    fn and(self, min_length: usize, min_quality: f64) -> PyResult<Self> {
        if min_quality.is_nan() {
            return Err(PyValueError::new_err(
                "`min_quality` must be a number, not NaN",
            ));
        }
        Ok(Self {
            min_length: self.min_length.max(min_length),
            min_quality: self.min_quality.max(min_quality),
        })
    }

    fn passes(self, record: &Record) -> bool {
        record.sequence.len() >= self.min_length
            && (self.min_quality <= 0.0 || record.mean_quality() >= self.min_quality)
    }
}

// region: reads
/// The reads of a FASTQ file, one at a time; as much of the file is in memory as a buffer has.
///
/// Threads may share it, and each read goes to one of them. After an exception there are no more.
///
/// Args:
///     source: A path, or an object whose `read` returns bytes. Gzip is seen by the first bytes.
///
/// Raises:
///     OSError: If the file can't be opened.
#[pyclass(frozen, module = "fastq_reads")]
pub struct Reads(Source);

#[pymethods]
impl Reads {
    #[new]
    #[pyo3(signature = (source, /))]
    fn new(source: Bound<'_, PyAny>) -> PyResult<Self> {
        let py = source.py();
        if let Ok(path) = source.extract::<PathBuf>() {
            return Source::from_path(py, path).map(Self);
        }
        Source::from_file(py, source).map(Self)
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Read>> {
        self.next(py, Filter::NONE)
    }
    // endregion: reads

    /// Return an iterator over the reads that are long and certain enough.
    ///
    /// It takes its reads from here: what one of them has returned, the other does not return again.
    ///
    /// Args:
    ///     min_length: How many letters a read needs.
    ///     min_quality: The mean quality that it needs, where the mean is that of the probabilities of errors.
    ///
    /// Raises:
    ///     ValueError: If `min_quality` is NaN.
    #[pyo3(signature = (*, min_length = 0, min_quality = 0.0))]
    fn filter(slf: Py<Self>, min_length: usize, min_quality: f64) -> PyResult<FilteredReads> {
        Ok(FilteredReads {
            reads: slf,
            filter: Filter::NONE.and(min_length, min_quality)?,
        })
    }

    /// Return an iterator over lists of reads, which is faster than one at a time.
    ///
    /// Args:
    ///     size: How many a list has; the last one may have fewer.
    ///
    /// Raises:
    ///     ValueError: If `size` is 0.
    #[pyo3(signature = (size, /))]
    fn batches(slf: Py<Self>, size: usize) -> PyResult<Batches> {
        Batches::new(slf, Filter::NONE, size)
    }

    /// Whether there are no more reads: after the end, an exception, or `close`.
    #[getter]
    fn closed(&self) -> bool {
        self.0.closed()
    }

    /// Close the file; one that was given as an object is only left alone.
    ///
    /// Raises:
    ///     RuntimeError: If the file's own `read` calls this.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.0.close(py)
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(
        &self,
        py: Python<'_>,
        _exception: &Bound<'_, pyo3::types::PyTuple>,
    ) -> PyResult<()> {
        self.close(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.traverse(&visit)
    }

    fn __clear__(&self) {
        self.0.clear();
    }
}

impl Reads {
    fn next(&self, py: Python<'_>, filter: Filter) -> PyResult<Option<Read>> {
        let records = self.0.read(py, 1, |record| filter.passes(record))?;
        Ok(records.into_iter().next().map(Read))
    }
}

// region: adapter
/// Reads that are long and certain enough.
///
/// It has a reference to a Python object, not an `Arc` of what that one has: so the garbage collector sees each
/// reference once.
#[pyclass(frozen, module = "fastq_reads")]
pub struct FilteredReads {
    reads: Py<Reads>,
    filter: Filter,
}

#[pymethods]
impl FilteredReads {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Read>> {
        self.reads.get().next(py, self.filter)
    }

    /// Return an iterator over those of these reads that are longer or more certain.
    #[pyo3(signature = (*, min_length = 0, min_quality = 0.0))]
    fn filter(&self, py: Python<'_>, min_length: usize, min_quality: f64) -> PyResult<Self> {
        Ok(Self {
            reads: self.reads.clone_ref(py),
            filter: self.filter.and(min_length, min_quality)?,
        })
    }

    /// Return an iterator over lists of so many reads; the last one may have fewer.
    #[pyo3(signature = (size, /))]
    fn batches(&self, py: Python<'_>, size: usize) -> PyResult<Batches> {
        Batches::new(self.reads.clone_ref(py), self.filter, size)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.reads)
    }
}
// endregion: adapter

/// Lists of reads.
#[pyclass(frozen, module = "fastq_reads")]
pub struct Batches {
    reads: Py<Reads>,
    filter: Filter,
    size: usize,
}

impl Batches {
    fn new(reads: Py<Reads>, filter: Filter, size: usize) -> PyResult<Self> {
        if size == 0 {
            return Err(PyValueError::new_err(
                "a batch has at least one read, not 0",
            ));
        }
        Ok(Self {
            reads,
            filter,
            size,
        })
    }
}

#[pymethods]
impl Batches {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    // region: next-batch
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Vec<Read>>> {
        let filter = self.filter;
        let source = &self.reads.get().0;
        let records = source.read(py, self.size, |record| filter.passes(record))?;
        let reads: Vec<_> = records.into_iter().map(Read).collect();
        Ok((!reads.is_empty()).then_some(reads))
    }
    // endregion: next-batch

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.reads)
    }
}
