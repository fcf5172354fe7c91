//! A checksum of data that comes in pieces, with the methods of hashlib's objects.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::functions::append;
use crate::sums::Kind;

/// A checksum of data that comes in pieces; several threads may share it.
///
/// Args:
///     name: `crc32c` or `adler32`.
///     data: The first piece.
///
/// Raises:
///     TypeError: If the object lends no memory, or memory with references to objects.
///     ValueError: If there is no such checksum.
#[pyclass(frozen, module = "crc_checks")]
pub struct Checksum {
    kind: Kind,
    value: Mutex<u32>,
}

#[pymethods]
impl Checksum {
    #[new]
    #[pyo3(signature = (name = "crc32c", data = None))]
    fn new(name: &str, data: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let kind: Kind = name.parse()?;
        let value = match data {
            Some(data) => append(data, kind, kind.start())?.0,
            None => kind.start(),
        };
        Ok(Self {
            kind,
            value: Mutex::new(value),
        })
    }

    // region: update
    /// Add a piece of data.
    ///
    /// Args:
    ///     data: Any object that lends its memory: see `crc32c`.
    ///
    /// Raises:
    ///     TypeError: If the object lends no memory, or memory with references to objects.
    fn update(&self, data: &Bound<'_, PyAny>) -> PyResult<()> {
        // The piece by itself, so that nobody waits meanwhile, and a signal handler may use this object.
        let (sum, length) = append(data, self.kind, self.kind.start())?;
        self.with(|value| *value = self.kind.combine(*value, sum, length));
        Ok(())
    }
    // endregion: update

    /// The checksum so far.
    #[getter]
    fn value(&self) -> u32 {
        self.with(|value| *value)
    }

    /// `crc32c` or `adler32`.
    #[getter]
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// The number of bytes of a digest.
    #[classattr]
    #[pyo3(name = "digest_size")]
    const DIGEST_SIZE: usize = size_of::<u32>();

    /// Return the checksum so far as bytes, the highest first.
    fn digest<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.value().to_be_bytes())
    }

    /// Return the checksum so far as eight hexadecimal digits.
    fn hexdigest(&self) -> String {
        format!("{:08x}", self.value())
    }

    /// Return an object that goes on from here by itself.
    fn copy(&self) -> Self {
        Self {
            kind: self.kind,
            value: Mutex::new(self.value()),
        }
    }

    fn __copy__(&self) -> Self {
        self.copy()
    }

    fn __repr__(&self) -> String {
        format!("<Checksum {} {}>", self.name(), self.hexdigest())
    }
}

impl Checksum {
    /// Uses the value for a moment; no Python code runs then, so who waits for the lock may stay attached.
    fn with<R>(&self, work: impl FnOnce(&mut u32) -> R) -> R {
        work(&mut self.value.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
