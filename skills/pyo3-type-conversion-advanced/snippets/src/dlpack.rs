//! Code that `references/dlpack.md` shows.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use pyo3::{ffi, intern};

// region: abi
const CPU: (i32, i32) = (1, 0);
const FLOAT: u8 = 2;
const READ_ONLY: u64 = 1;
const COPIED: u64 = 2;
const NAME: &CStr = c"dltensor_versioned";
const USED_NAME: &CStr = c"used_dltensor_versioned";

/// `DLTensor` of dlpack.h.
#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    dimensions: i32,
    type_code: u8,
    type_bits: u8,
    type_lanes: u16,
    shape: *mut i64,
    /// In elements; may be null if the values are contiguous.
    strides: *mut i64,
    byte_offset: u64,
}

/// `DLManagedTensorVersioned` of dlpack.h.
#[repr(C)]
struct Managed {
    major: u32,
    minor: u32,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
    flags: u64,
    tensor: Tensor,
}
// endregion: abi

/// How many exports are alive, for the tests.
static EXPORTS: AtomicUsize = AtomicUsize::new(0);

/// A frame of a thermal camera, in degrees Celsius.
#[pyclass(frozen, module = "conversion_snippets._core.dlpack")]
struct Frame {
    rows: usize,
    columns: usize,
    celsius: Arc<[f32]>,
}

// region: export
/// What an export keeps alive. Its `Arc` needs no interpreter when it is dropped, on whatever thread.
struct Export {
    managed: Managed,
    shape: [i64; 2],
    strides: [i64; 2],
    celsius: Arc<[f32]>,
}

#[expect(unsafe_code, reason = "the C interface of DLPack")]
unsafe extern "C" fn delete_export(managed: *mut Managed) {
    EXPORTS.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the context is the box that `export` made, and a consumer calls the deleter once.
    drop(unsafe { Box::from_raw((*managed).context.cast::<Export>()) });
}

#[expect(unsafe_code, reason = "the C interface of DLPack")]
unsafe extern "C" fn delete_capsule(capsule: *mut ffi::PyObject) {
    // SAFETY: Python passes the capsule that it destroys. A consumer that took the tensor has renamed it.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, NAME.as_ptr()) == 1 {
            delete_export(ffi::PyCapsule_GetPointer(capsule, NAME.as_ptr()).cast());
        }
    }
}

// endregion: export

impl Frame {
    fn export(&self, celsius: Arc<[f32]>, flags: u64) -> NonNull<c_void> {
        let export = Box::new(Export {
            managed: Managed {
                major: 1,
                minor: 0,
                context: std::ptr::null_mut(),
                deleter: Some(delete_export),
                flags,
                tensor: Tensor {
                    data: celsius.as_ptr().cast_mut().cast(),
                    device_type: CPU.0,
                    device_id: CPU.1,
                    dimensions: 2,
                    type_code: FLOAT,
                    type_bits: 32,
                    type_lanes: 1,
                    shape: std::ptr::null_mut(),
                    strides: std::ptr::null_mut(),
                    byte_offset: 0,
                },
            },
            shape: [self.rows as i64, self.columns as i64],
            strides: [self.columns as i64, 1],
            celsius,
        });
        EXPORTS.fetch_add(1, Ordering::Relaxed);
        debug_assert_eq!(export.celsius.len(), self.rows * self.columns);
        let export = Box::into_raw(export);
        // SAFETY: the box was just leaked, so that its address stays the same until `delete_export`.
        #[expect(unsafe_code, reason = "pointers into the box itself")]
        let managed = unsafe {
            (*export).managed.context = export.cast();
            (*export).managed.tensor.shape = (&raw mut (*export).shape).cast();
            (*export).managed.tensor.strides = (&raw mut (*export).strides).cast();
            NonNull::new_unchecked(&raw mut (*export).managed)
        };
        managed.cast()
    }
}

#[pymethods]
impl Frame {
    #[new]
    fn new(rows: usize, columns: usize, celsius: Vec<f32>) -> PyResult<Self> {
        if rows.checked_mul(columns) != Some(celsius.len()) {
            return Err(PyValueError::new_err("the values don't fill the frame"));
        }
        let celsius = celsius.into();
        Ok(Self {
            rows,
            columns,
            celsius,
        })
    }

    fn __dlpack_device__(&self) -> (i32, i32) {
        CPU
    }

    // region: lend
    #[pyo3(signature = (*, stream = None, max_version = None, dl_device = None, copy = None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<&Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        if stream.is_some() || dl_device.is_some_and(|device| device != CPU) {
            return Err(PyBufferError::new_err(
                "the frame is in the memory of the CPU",
            ));
        }
        if max_version.is_none_or(|(major, _)| major < 1) {
            // Older capsules have no flags, and the consumer would write into what Rust shares.
            return Err(PyBufferError::new_err("a read-only frame needs DLPack 1.0"));
        }
        let tensor = match copy {
            Some(true) => self.export(self.celsius.iter().copied().collect(), COPIED),
            _ => self.export(Arc::clone(&self.celsius), READ_ONLY),
        };
        // SAFETY: the capsule's destructor or the consumer frees the tensor, from any thread.
        #[expect(unsafe_code, reason = "the C interface of DLPack")]
        unsafe {
            PyCapsule::new_with_pointer_and_destructor(py, tensor, NAME, Some(delete_capsule))
        }
    }
    // endregion: lend
}

// region: borrowed
/// A tensor of somebody else, given back when it is dropped.
struct Borrowed(NonNull<Managed>);

#[expect(unsafe_code, reason = "the C interface of DLPack")]
// SAFETY: DLPack lets the deleter be called from any thread.
unsafe impl Send for Borrowed {}

// endregion: borrowed

impl Borrowed {
    // region: take
    fn new(source: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = source.py();
        let device: (i32, i32) = source
            .call_method0(intern!(py, "__dlpack_device__"))?
            .extract()?;
        if device != CPU {
            return Err(PyBufferError::new_err(
                "the tensor is not in the memory of the CPU",
            ));
        }
        let options = PyDict::new(py);
        options.set_item("max_version", (1, 0))?;
        let capsule = source.call_method(intern!(py, "__dlpack__"), (), Some(&options))?;
        let capsule = capsule.cast_into::<PyCapsule>()?;
        // A `ValueError` for an older capsule, or one that has been used.
        let managed = capsule.pointer_checked(Some(NAME))?.cast::<Managed>();
        // SAFETY: renaming makes the tensor ours: now the capsule won't free it, and nobody else takes it.
        #[expect(unsafe_code, reason = "the C interface of DLPack")]
        if unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), USED_NAME.as_ptr()) } != 0 {
            return Err(PyErr::fetch(py));
        }
        let borrowed = Self(managed);
        // SAFETY: the version is the first field in all versions.
        #[expect(unsafe_code, reason = "the C interface of DLPack")]
        match unsafe { (*managed.as_ptr()).major } {
            // Of another version only the deleter may be used, which `drop` does.
            1 => Ok(borrowed),
            _ => Err(PyBufferError::new_err(
                "the tensor is of an unknown version of DLPack",
            )),
        }
    }

    // endregion: take

    /// Returns the values if they are contiguous 32-bit floats.
    #[expect(unsafe_code, reason = "the C interface of DLPack")]
    fn values(&self) -> PyResult<&[f32]> {
        // SAFETY: it is ours until `drop`; the producer vouches for the pointers.
        let tensor = unsafe { &self.0.as_ref().tensor };
        if (tensor.type_code, tensor.type_bits, tensor.type_lanes) != (FLOAT, 32, 1) {
            return Err(PyTypeError::new_err(
                "the tensor must consist of 32-bit floats",
            ));
        }
        let dimensions = tensor.dimensions as usize;
        if dimensions == 0 {
            return Err(PyBufferError::new_err("the tensor has no dimensions"));
        }
        // SAFETY: the shape has that many entries, and so have the strides unless they are missing.
        let shape = unsafe { slice::from_raw_parts(tensor.shape, dimensions) };
        let strides = (!tensor.strides.is_null())
            .then(|| unsafe { slice::from_raw_parts(tensor.strides, dimensions) });
        let mut length = 1;
        for dimension in (0..dimensions).rev() {
            if shape[dimension] > 1 && strides.is_some_and(|strides| strides[dimension] != length) {
                return Err(PyBufferError::new_err("the tensor is not contiguous"));
            }
            length *= shape[dimension];
        }
        if length == 0 {
            // The pointer may be null.
            return Ok(&[]);
        }
        let first = tensor
            .data
            .wrapping_byte_add(tensor.byte_offset as usize)
            .cast::<f32>();
        if !first.is_aligned() {
            return Err(PyBufferError::new_err("the tensor is not aligned"));
        }
        // SAFETY: checked above: contiguous, aligned, of that type; the caller sees that nobody writes.
        Ok(unsafe { slice::from_raw_parts(first, length as usize) })
    }
}

// region: drop
impl Drop for Borrowed {
    #[expect(unsafe_code, reason = "the C interface of DLPack")]
    fn drop(&mut self) {
        // SAFETY: renaming the capsule left the deleter to us.
        unsafe {
            if let Some(deleter) = self.0.as_ref().deleter {
                deleter(self.0.as_ptr());
            }
        }
    }
}

// endregion: drop

/// Returns the highest value of a tensor of 32-bit floats.
#[pyfunction]
fn hottest(tensor: &Bound<'_, PyAny>) -> PyResult<Option<f32>> {
    let tensor = Borrowed::new(tensor)?;
    // Attached all the time: NumPy code of other threads could write meanwhile.
    Ok(tensor.values()?.iter().copied().reduce(f32::max))
}

/// Returns the address and the flags of a tensor.
#[pyfunction]
fn inspect(tensor: &Bound<'_, PyAny>) -> PyResult<(usize, u64)> {
    let tensor = Borrowed::new(tensor)?;
    let address = tensor.values()?.as_ptr().addr();
    // SAFETY: it is ours until `drop`.
    #[expect(unsafe_code, reason = "the C interface of DLPack")]
    Ok((address, unsafe { tensor.0.as_ref().flags }))
}

/// Returns how many exports are alive.
#[pyfunction]
fn exports() -> usize {
    EXPORTS.load(Ordering::Relaxed)
}

/// Drops a tensor on a thread that Python knows nothing of.
#[pyfunction]
fn drop_elsewhere(py: Python<'_>, tensor: &Bound<'_, PyAny>) -> PyResult<()> {
    let tensor = Borrowed::new(tensor)?;
    let dropped = py.detach(|| std::thread::spawn(move || drop(tensor)).join());
    dropped.map_err(|_| PyValueError::new_err("the thread failed"))
}

#[pyo3::pymodule]
pub mod dlpack {
    #[pymodule_export]
    use super::{Frame, drop_elsewhere, exports, hottest, inspect};
}
