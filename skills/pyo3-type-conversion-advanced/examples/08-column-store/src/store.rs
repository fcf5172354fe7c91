//! Stores as Python has them: opened, and written.

use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::{PyKeyError, PyOSError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};

use crate::column::Column;
use crate::errors::{Error, Result};
use crate::layout::{Kind, Layout};
use crate::mapping::{Mapping, Span};

/// Columns of equal length in a file, which is mapped: opening it reads the header and nothing else.
///
/// While the file is mapped, nobody may make it shorter: reading what is gone ends the process, and no program can prevent
/// it. `write_store` never does that. On a network's file system, where others might, copy.
///
/// Args:
///     path: The file.
///     copy: Whether to read all of the file, instead of mapping it.
///
/// Raises:
///     OSError: If the file can't be opened.
///     StoreFileError: If it is no store, or damaged.
#[pyclass(frozen, module = "column_store")]
pub struct Store(Arc<Mapping>);

#[pymethods]
impl Store {
    #[new]
    #[pyo3(signature = (path, /, *, copy = false))]
    fn new(py: Python<'_>, path: PathBuf, copy: bool) -> PyResult<Self> {
        if cfg!(target_endian = "big") {
            return Err(Error::ByteOrder.into());
        }
        let mapping = py.detach(|| Mapping::open(open(&path)?, copy));
        match mapping {
            Ok(mapping) => Ok(Self(Arc::new(mapping))),
            Err(Error::Io(error)) => Err(describe(py, error, &path)),
            Err(error) => Err(error.into()),
        }
    }

    /// How many rows each column has.
    #[getter]
    fn rows(&self) -> u64 {
        self.0.layout.rows
    }

    /// Return the names of the columns.
    fn keys(&self) -> Vec<&str> {
        let entries = self.0.layout.entries.iter();
        entries.map(|entry| &*entry.name).collect()
    }

    fn __getitem__(&self, name: &str) -> PyResult<Column> {
        let layout = &self.0.layout;
        let entry = layout.entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        let span = Span {
            kind: entry.kind,
            offset: entry.offset,
            length: layout.rows as usize,
        };
        Ok(Column::new(name, Arc::clone(&self.0), span))
    }

    fn __contains__(&self, name: &str) -> bool {
        self.keys().contains(&name)
    }

    fn __len__(&self) -> usize {
        self.0.layout.entries.len()
    }
}

/// Opens a file to read. To open a pipe would wait for who writes to it, and no Ctrl-C would end that.
fn open(path: &Path) -> std::io::Result<File> {
    let kind = fs::metadata(path)?;
    if kind.is_file() || kind.is_dir() {
        File::open(path)
    } else {
        Err(std::io::Error::other("not a regular file"))
    }
}

// region: write
/// Write a store. A file of this name is replaced when the new one is on the disk as a whole.
///
/// Who has the old one mapped keeps it; so a column may even be written into the store that it is from.
///
/// Args:
///     path: The file.
///     columns: Buffers of one dimension and equal length: uint8, int32, int64, float32 or float64.
///
/// Raises:
///     OSError: If the file can't be written.
///     StoreTypeError: If a column has another type or shape.
///     StoreValueError: If the lengths differ, or a name or the number of columns is not possible.
#[pyfunction]
#[pyo3(signature = (path, columns, /))]
pub fn write_store(py: Python<'_>, path: PathBuf, columns: &Bound<'_, PyMapping>) -> PyResult<()> {
    // A copy: while buffers are read, other threads may change the mapping.
    let columns = columns.call_method0("items")?;
    let dictionary = PyDict::from_sequence(&columns)?;
    let mut buffers = Vec::new();
    for (name, object) in dictionary {
        buffers.push(Buffer::new(name.extract()?, &object)?);
    }
    let rows = buffers.first().map_or(0, Buffer::rows);
    if let Some(buffer) = buffers.iter().find(|buffer| buffer.rows() != rows) {
        return Err(PyErr::from(Error::Rows {
            name: buffer.name.clone(),
            found: buffer.rows(),
            expected: rows,
        }));
    }
    let names = buffers
        .iter()
        .map(|buffer| (buffer.name.clone(), buffer.kind));
    let layout = Layout::new(rows as u64, names.collect())?;
    replace(py, &path, &layout, &buffers).map_err(|error| match error {
        Error::Io(error) => describe(py, error, &path),
        error => error.into(),
    })
}

fn replace(py: Python<'_>, path: &Path, layout: &Layout, buffers: &[Buffer]) -> Result<()> {
    let partial = partial(path);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&partial)?;
    let result = write(py, file, layout, buffers)
        .and_then(|()| py.detach(|| Ok(fs::rename(&partial, path)?)));
    if result.is_err() {
        // What is left of it; that it can't be removed is not the error to report.
        _ = fs::remove_file(&partial);
    }
    result
}

fn write(py: Python<'_>, file: File, layout: &Layout, buffers: &[Buffer]) -> Result<()> {
    let mut file = BufWriter::new(file);
    let header = layout.encode();
    let mut length = header.len() as u64;
    py.detach(|| file.write_all(&header))?;
    for (entry, buffer) in layout.entries.iter().zip(buffers) {
        let bytes = buffer.copy(py)?;
        py.check_signals()?;
        py.detach(|| {
            let padding = vec![0; (entry.offset - length) as usize];
            file.write_all(&padding)?;
            file.write_all(&bytes)
        })?;
        length = entry.offset + bytes.len() as u64;
    }
    py.detach(|| {
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok(file.sync_all()?)
    })
}
// endregion: write

/// A column to write.
struct Buffer {
    name: String,
    kind: Kind,
    buffer: PyUntypedBuffer,
}

impl Buffer {
    fn new(name: String, object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyUntypedBuffer::get(object)?;
        let kind = match buffer.dimensions() {
            1 => kind_of(&buffer),
            _ => None,
        };
        match kind {
            Some(kind) => Ok(Self { name, kind, buffer }),
            None => Err(PyErr::from(Error::Format {
                name,
                format: buffer.format().to_string_lossy().into_owned(),
                dimensions: buffer.dimensions(),
            })),
        }
    }

    fn rows(&self) -> usize {
        self.buffer.item_count()
    }

    /// Copies the numbers, whatever their strides: others may change them while they are written.
    fn copy(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        let buffer = &self.buffer;
        Ok(match self.kind {
            Kind::U8 => buffer.as_typed::<u8>()?.to_vec(py)?,
            Kind::I32 => bytes(buffer.as_typed::<i32>()?.to_vec(py)?, i32::to_le_bytes),
            Kind::I64 => bytes(buffer.as_typed::<i64>()?.to_vec(py)?, i64::to_le_bytes),
            Kind::F32 => bytes(buffer.as_typed::<f32>()?.to_vec(py)?, f32::to_le_bytes),
            Kind::F64 => bytes(buffer.as_typed::<f64>()?.to_vec(py)?, f64::to_le_bytes),
        })
    }
}

fn kind_of(buffer: &PyUntypedBuffer) -> Option<Kind> {
    // On these processors PyO3 0.30 takes the other byte order for its own.
    if buffer.format().to_bytes().starts_with(b">") {
        return None;
    }
    Kind::ALL.into_iter().find(|kind| match kind {
        Kind::U8 => buffer.as_typed::<u8>().is_ok(),
        Kind::I32 => buffer.as_typed::<i32>().is_ok(),
        Kind::I64 => buffer.as_typed::<i64>().is_ok(),
        Kind::F32 => buffer.as_typed::<f32>().is_ok(),
        Kind::F64 => buffer.as_typed::<f64>().is_ok(),
    })
}

fn bytes<T, const SIZE: usize>(numbers: Vec<T>, to_bytes: fn(T) -> [u8; SIZE]) -> Vec<u8> {
    numbers.into_iter().flat_map(to_bytes).collect()
}

/// Returns a name beside a file that nobody else writes to; not even what has ended halfway had it, as it may a process's id.
fn partial(path: &Path) -> PathBuf {
    let random = RandomState::new().hash_one(std::thread::current().id());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{random:016x}.partial"));
    path.with_file_name(name)
}

/// With a number and a path `OSError` becomes the right one of its subclasses, and knows the file. On Windows the number is
/// that of the fourth argument, which nobody reads elsewhere.
fn describe(py: Python<'_>, error: std::io::Error, path: &Path) -> PyErr {
    let Some(code) = error.raw_os_error() else {
        return error.into();
    };
    let message = if cfg!(windows) {
        Ok(error.to_string())
    } else {
        let strerror = py
            .import("os")
            .and_then(|os| os.call_method1("strerror", (code,)));
        strerror.and_then(|message| message.extract())
    };
    match message {
        Ok(message) => PyOSError::new_err((code, message, path.as_os_str().to_owned(), code)),
        Err(error) => error,
    }
}
