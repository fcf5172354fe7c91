//! A Python file object as a source of Parquet: what is asked for is read, and nothing else.

use std::io::{self, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

/// An exception on its way through code that has no place for it.
#[derive(Clone, Default)]
pub struct Pending(Arc<Mutex<Option<PyErr>>>);

impl Pending {
    pub fn take(&self) -> Option<PyErr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, error: PyErr) -> io::Error {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The first one is the reason for the others.
        pending.get_or_insert(error);
        io::Error::other("the file object raised an exception")
    }
}

/// A file object that is attached to for each call of `seek` and `read`, and only for that.
#[derive(Clone)]
pub struct FileObject {
    object: Arc<Py<PyAny>>,
    length: u64,
    pub pending: Pending,
}

impl FileObject {
    pub fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let length = object.call_method1("seek", (0, 2))?.extract()?;
        Ok(Self {
            object: Arc::new(object.clone().unbind()),
            length,
            pending: Pending::default(),
        })
    }

    // region: read-at
    /// Reads up to so many bytes, which stay where Python has put them.
    fn read_at(&self, start: u64, size: usize) -> io::Result<PyBackedBytes> {
        let data = Python::attach(|py| {
            let object = self.object.bind(py);
            object.call_method1("seek", (start, 0))?;
            let data: PyBackedBytes = object.call_method1("read", (size,))?.extract()?;
            if data.len() > size {
                let message = "`read` gave more bytes than it was asked for";
                return Err(PyValueError::new_err(message));
            }
            Ok(data)
        });
        data.map_err(|error| self.pending.keep(error))
    }
    // endregion: read-at
}

impl Length for FileObject {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for FileObject {
    type T = BufReader<Part>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        let file = self.clone();
        Ok(BufReader::new(Part { file, start }))
    }

    // region: chunk
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // The file says how long: nothing is reserved for more than it has.
        if start.saturating_add(length as u64) > self.length {
            return Err(ParquetError::EOF("the file ends too early".to_owned()));
        }
        let data = self.read_at(start, length)?;
        if data.len() == length {
            return Ok(Bytes::from_owner(data));
        }
        // A raw file may give less than there is.
        let mut all = data.to_vec();
        let rest = Part {
            file: self.clone(),
            start: start + all.len() as u64,
        };
        rest.take((length - all.len()) as u64)
            .read_to_end(&mut all)?;
        if all.len() < length {
            return Err(ParquetError::EOF("the file ends too early".to_owned()));
        }
        Ok(all.into())
    }
    // endregion: chunk
}

/// A file object from some place on.
pub struct Part {
    file: FileObject,
    start: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let data = self.file.read_at(self.start, buffer.len())?;
        buffer[..data.len()].copy_from_slice(&data);
        self.start += data.len() as u64;
        Ok(data.len())
    }
}
