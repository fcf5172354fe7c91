//! One read, as Python has it.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PySlice;

use crate::fastq::{Reason, Record};

impl From<Reason> for PyErr {
    fn from(reason: Reason) -> Self {
        PyValueError::new_err(reason.to_string())
    }
}

/// A read: letters of DNA with their qualities.
///
/// Args:
///     name: What is behind the `@`.
///     sequence: The letters.
///     qualities: A character for each, from `!` to `~`: 33 more than the quality.
///
/// Raises:
///     ValueError: If there are other characters, or not as many qualities as letters.
#[pyclass(frozen, eq, hash, module = "fastq_reads")]
#[derive(PartialEq, Eq, Hash)]
pub struct Read(pub Record);

#[pymethods]
impl Read {
    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("name", "sequence", "qualities")
    }

    #[new]
    #[pyo3(signature = (name, sequence, qualities))]
    fn new(name: String, sequence: String, qualities: String) -> Result<Self, Reason> {
        Record::new(name, sequence, qualities).map(Self)
    }

    /// What is behind the `@`.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The letters.
    #[getter]
    fn sequence(&self) -> &str {
        &self.0.sequence
    }

    /// A character for each letter: 33 more than its quality.
    #[getter]
    fn qualities(&self) -> &str {
        &self.0.qualities
    }

    /// The quality that means as many errors as there are on average; 0 if there are no letters.
    #[getter]
    fn mean_quality(&self) -> f64 {
        self.0.mean_quality()
    }

    fn __len__(&self) -> usize {
        self.0.sequence.len()
    }

    // region: slice
    /// A part of the read, as in `read[:100]`.
    fn __getitem__(&self, part: &Bound<'_, PyAny>) -> PyResult<Self> {
        let slice = part
            .cast::<PySlice>()
            .map_err(|_| PyTypeError::new_err("a read has parts, as in `read[:100]`, not items"))?;
        // Python's rules for slices: never outside, and `count` places from `start` on.
        let indices = slice.indices(self.0.sequence.len().try_into()?)?;
        let places = || {
            let steps = (0..).take(indices.slicelength);
            steps.map(|n: isize| indices.start + indices.step * n)
        };
        let take = |text: &str| {
            let bytes = text.as_bytes();
            places()
                .filter_map(|at| bytes.get(at.unsigned_abs()))
                .map(|byte| char::from(*byte))
                .collect()
        };
        Ok(Self(Record {
            name: self.0.name.clone(),
            sequence: take(&self.0.sequence),
            qualities: take(&self.0.qualities),
        }))
    }
    // endregion: slice

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let Self(Record { name, sequence, .. }) = slf.get();
        let name = name.into_pyobject(slf.py())?.repr()?;
        Ok(format!("<Read {name} of {} letters>", sequence.len()))
    }

    fn __getnewargs__(&self) -> (&str, &str, &str) {
        (self.name(), self.sequence(), self.qualities())
    }
}
