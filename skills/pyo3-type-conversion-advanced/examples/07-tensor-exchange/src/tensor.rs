//! A tensor that Rust owns, and other libraries share.

use std::cell::UnsafeCell;
use std::sync::Arc;

use pyo3::prelude::*;

use crate::dlpack::{CPU, Export, View, compact};
use crate::errors::{Error, Result};

/// Floats that are read and written by whoever has the address.
struct Memory(Box<[UnsafeCell<f32>]>);

// SAFETY: in Rust they are only touched one at a time and by address. Who shares an array in Python must care for the
// order of what threads do to it, with this one as with those of NumPy.
#[expect(unsafe_code, reason = "the memory is shared with other libraries")]
unsafe impl Sync for Memory {}

impl Memory {
    fn new(length: usize) -> Result<Arc<Self>> {
        let mut floats = Vec::new();
        floats.try_reserve_exact(length)?;
        floats.resize_with(length, UnsafeCell::default);
        Ok(Arc::new(Self(floats.into_boxed_slice())))
    }

    fn start(&self) -> *mut f32 {
        UnsafeCell::raw_get(self.0.as_ptr())
    }
}

/// Planes of floats in main memory, of the shape (frames, channels, rows, columns).
///
/// Each library's `from_dlpack` takes it without a copy, and they all share the memory, which lives as long as one of them
/// needs it.
#[pyclass(frozen, module = "tensor_exchange")]
pub struct Tensor {
    memory: Arc<Memory>,
    shape: [usize; 4],
}

impl Tensor {
    pub fn new(shape: [usize; 4]) -> Result<Self> {
        let length = shape
            .iter()
            .try_fold(1_usize, |length, axis| length.checked_mul(*axis));
        let length = length.ok_or(Error::Size("result"))?;
        Ok(Self {
            memory: Memory::new(length)?,
            shape,
        })
    }

    pub fn view(&self) -> View<f32> {
        View {
            start: self.memory.start(),
            shape: self.shape,
            strides: compact(self.shape),
        }
    }

    #[expect(unsafe_code, reason = "others may write to it meanwhile")]
    fn copy(&self) -> Result<Arc<Memory>> {
        let copy = Memory::new(self.memory.0.len())?;
        for (source, target) in self.memory.0.iter().zip(&copy.0) {
            // SAFETY: both are in memory and aligned, and nobody else has the copy yet.
            unsafe { target.get().write(source.get().read_volatile()) };
        }
        Ok(copy)
    }
}

#[pymethods]
impl Tensor {
    /// How many frames, channels, rows and columns there are.
    #[getter]
    fn shape(&self) -> (usize, usize, usize, usize) {
        self.shape.into()
    }

    // region: dlpack
    /// Return a capsule for `from_dlpack`.
    ///
    /// Args:
    ///     stream: None; main memory has no streams.
    ///     max_version: The newest version of DLPack that the caller can read; none is the one before versions.
    ///     dl_device: Where the caller wants it: main memory, or None.
    ///     copy: True for memory of its own; otherwise it is shared.
    ///
    /// Raises:
    ///     TensorBufferError: If there is a stream, or the device is another one.
    #[pyo3(signature = (*, stream = None, max_version = None, dl_device = None, copy = None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> Result<Bound<'py, PyAny>> {
        if stream.is_some() {
            return Err(Error::Export("main memory has no streams"));
        }
        if dl_device.is_some_and(|device| device != CPU) {
            return Err(Error::Export(
                "it is in main memory, which is the device (1, 0)",
            ));
        }
        let is_copy = copy == Some(true);
        let memory = if is_copy {
            py.detach(|| self.copy())?
        } else {
            Arc::clone(&self.memory)
        };
        let export = Export {
            start: memory.start(),
            shape: self.shape,
            owner: memory,
            is_copy,
        };
        Ok(export.into_capsule(py, max_version.is_some_and(|(major, _)| major >= 1))?)
    }
    // endregion: dlpack

    /// Return that it is in main memory.
    fn __dlpack_device__(&self) -> (i32, i32) {
        CPU
    }
}
