//! A column as Python has it: a buffer that is part of the file.

use std::ffi::c_int;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use pyo3::exceptions::{PyBufferError, PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PySlice, PySliceMethods};

use crate::errors::Result;
use crate::mapping::{Mapping, Span, Typed};
use crate::search::{between, search};

/// Numbers in a file. Whatever takes a buffer reads them without a copy, as do `memoryview` and `numpy.asarray`.
///
/// It keeps the file in memory, as long as there is a view of it.
#[pyclass(frozen, module = "column_store")]
pub struct Column {
    #[pyo3(get)]
    name: String,
    mapping: Arc<Mapping>,
    span: Span,
    // A view points to these two: so they are here, and live as long as the column.
    shape: [ffi::Py_ssize_t; 1],
    strides: [ffi::Py_ssize_t; 1],
}

impl Column {
    pub fn new(name: &str, mapping: Arc<Mapping>, span: Span) -> Self {
        Self {
            name: name.to_owned(),
            mapping,
            span,
            shape: [span.length as ffi::Py_ssize_t],
            strides: [span.kind.size() as ffi::Py_ssize_t],
        }
    }
}

/// Runs something with the numbers of a column, and limits of their type.
macro_rules! with_numbers {
    ($column:expr, $low:expr, $high:expr, |$numbers:ident, $bounds:ident| $body:expr) => {
        match $column.mapping.numbers($column.span) {
            Typed::U8($numbers) => with_numbers!(@integers $low, $high, $bounds, $body),
            Typed::I32($numbers) => with_numbers!(@integers $low, $high, $bounds, $body),
            Typed::I64($numbers) => with_numbers!(@integers $low, $high, $bounds, $body),
            Typed::F32($numbers) => with_numbers!(@floats $low, $high, $bounds, $body),
            Typed::F64($numbers) => with_numbers!(@floats $low, $high, $bounds, $body),
        }
    };
    (@integers $low:expr, $high:expr, $bounds:ident, $body:expr) => {{
        let $bounds: (i64, i64) = ($low.extract()?, $high.extract()?);
        $body
    }};
    (@floats $low:expr, $high:expr, $bounds:ident, $body:expr) => {{
        let $bounds: (f64, f64) = ($low.extract()?, $high.extract()?);
        $body
    }};
}

#[pymethods]
impl Column {
    /// What `struct` calls the type of the numbers.
    #[getter]
    fn format(&self) -> Result<&'static str> {
        Ok(self.span.kind.format().to_str().unwrap_or_default())
    }

    fn __len__(&self) -> usize {
        self.span.length
    }

    // region: slice
    /// Return some of the rows, next to each other, as a column that shares them.
    fn __getitem__(&self, part: &Bound<'_, PySlice>) -> PyResult<Self> {
        let part = part.indices(self.span.length as ffi::Py_ssize_t)?;
        if part.step != 1 {
            let message =
                "a column has rows that are next to each other; slice a NumPy array of it";
            return Err(PyValueError::new_err(message));
        }
        let start =
            usize::try_from(part.start).map_err(|_| PyIndexError::new_err("no such row"))?;
        let span = Span {
            offset: self.span.offset + (start * self.span.kind.size()) as u64,
            length: part.slicelength,
            ..self.span
        };
        Ok(Self::new(&self.name, Arc::clone(&self.mapping), span))
    }
    // endregion: slice

    /// Return the rows from `low` on, and before `high`, if the column is sorted; a few pages of the file are read.
    ///
    /// Returns:
    ///     A slice, for this column or another one. If the column is not sorted, that is any slice.
    ///
    /// Raises:
    ///     OverflowError: If a limit is an integer of more than 64 bits.
    ///     TypeError: If a limit is no integer, for a column of integers, or no number.
    fn search<'py>(
        &self,
        low: &Bound<'py, PyAny>,
        high: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PySlice>> {
        let range = with_numbers!(self, low, high, |numbers, bounds| search(
            numbers, bounds.0, bounds.1
        ));
        Ok(to_slice(low.py(), &range))
    }

    // region: between
    /// Return the rows from `low` on, and before `high`, of any column; NaN is neither.
    ///
    /// Other threads run meanwhile, and Ctrl-C ends it.
    ///
    /// Returns:
    ///     Slices, for this column or another one.
    ///
    /// Raises:
    ///     OverflowError: If a limit is an integer of more than 64 bits.
    ///     TypeError: If a limit is no integer, for a column of integers, or no number.
    fn between<'py>(
        &self,
        low: &Bound<'py, PyAny>,
        high: &Bound<'py, PyAny>,
    ) -> PyResult<Vec<Bound<'py, PySlice>>> {
        let py = low.py();
        let check = || Ok(Python::attach(|py| py.check_signals())?);
        let ranges = with_numbers!(self, low, high, |numbers, bounds| {
            py.detach(|| between(numbers, bounds.0, bounds.1, check))?
        });
        Ok(ranges.iter().map(|range| to_slice(py, range)).collect())
    }
    // endregion: between

    // region: buffer
    #[expect(
        unsafe_code,
        reason = "Python's buffer protocol is a struct of pointers"
    )]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let wants = |flag| flags & flag == flag;
        if wants(ffi::PyBUF_WRITABLE) {
            return Err(PyBufferError::new_err("a column is read-only"));
        }
        let column = slf.get();
        // SAFETY: Python passes a `view` to fill in. What it points to is in the object or in its mapping, and lives as long:
        // `obj` holds a reference. The object never moves, and being frozen, none of it changes.
        unsafe {
            *view = ffi::Py_buffer::new();
            (*view).buf = column.mapping.start(column.span.offset).cast_mut().cast();
            (*view).len = column.shape[0] * column.strides[0];
            (*view).itemsize = column.strides[0];
            (*view).readonly = 1;
            (*view).ndim = 1;
            if wants(ffi::PyBUF_FORMAT) {
                (*view).format = column.span.kind.format().as_ptr().cast_mut();
            }
            (*view).shape = pointer(&column.shape, wants(ffi::PyBUF_ND));
            (*view).strides = pointer(&column.strides, wants(ffi::PyBUF_STRIDES));
            (*view).obj = slf.into_ptr();
        }
        Ok(())
    }
    // endregion: buffer
}

fn pointer(numbers: &[ffi::Py_ssize_t], wanted: bool) -> *mut ffi::Py_ssize_t {
    if wanted {
        numbers.as_ptr().cast_mut()
    } else {
        ptr::null_mut()
    }
}

fn to_slice<'py>(py: Python<'py>, range: &Range<usize>) -> Bound<'py, PySlice> {
    PySlice::new(py, range.start as isize, range.end as isize, 1)
}
