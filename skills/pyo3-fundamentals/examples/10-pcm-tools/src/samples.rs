//! Samples that Rust owns and Python reads, without a copy.

use std::ffi::c_int;
use std::ptr;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Samples in memory. Whatever takes a buffer reads them without a copy, as do `memoryview` and `numpy.asarray`.
#[pyclass(frozen, module = "pcm_tools")]
pub struct Samples {
    data: Box<[i16]>,
    // A view points to these two: so they are here, and live as long as the data.
    shape: [ffi::Py_ssize_t; 1],
    strides: [ffi::Py_ssize_t; 1],
}

impl From<Vec<i16>> for Samples {
    fn from(samples: Vec<i16>) -> Self {
        Self {
            shape: [samples.len() as ffi::Py_ssize_t],
            strides: [size_of::<i16>() as ffi::Py_ssize_t],
            data: samples.into_boxed_slice(),
        }
    }
}

// region: buffer
#[pymethods]
#[allow(
    unsafe_code,
    reason = "Python's buffer protocol is a struct of pointers"
)]
impl Samples {
    /// How many samples there are.
    fn __len__(&self) -> usize {
        self.data.len()
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let wants = |flag| flags & flag == flag;
        if wants(ffi::PyBUF_WRITABLE) {
            return Err(PyBufferError::new_err("these samples are read-only"));
        }
        let samples = slf.get();
        // SAFETY: Python passes a `view` to fill in. What it points to is in the object, and lives as long: `obj` holds
        // a reference. The object never moves, and being frozen, none of it changes.
        unsafe {
            *view = ffi::Py_buffer::new();
            (*view).buf = samples.data.as_ptr().cast_mut().cast();
            (*view).len = size_of_val(&*samples.data) as ffi::Py_ssize_t;
            (*view).itemsize = samples.strides[0];
            (*view).readonly = 1;
            (*view).ndim = 1;
            if wants(ffi::PyBUF_FORMAT) {
                (*view).format = c"h".as_ptr().cast_mut();
            }
            (*view).shape = pointer(&samples.shape, wants(ffi::PyBUF_ND));
            (*view).strides = pointer(&samples.strides, wants(ffi::PyBUF_STRIDES));
            (*view).obj = slf.into_ptr();
        }
        Ok(())
    }
}

fn pointer(numbers: &[ffi::Py_ssize_t], wanted: bool) -> *mut ffi::Py_ssize_t {
    if wanted {
        numbers.as_ptr().cast_mut()
    } else {
        ptr::null_mut()
    }
}
// endregion: buffer
