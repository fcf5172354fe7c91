//! DLPack: structs that libraries pass each other in capsules, so that one uses the memory of the other.
//!
//! A capsule is consumed once: who takes the struct out renames the capsule, and calls the deleter when it is done. A capsule
//! that nobody takes from calls the deleter itself.

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyCapsule, PyCapsuleMethods};

use crate::errors::{Error, Result};

pub const CPU: (i32, i32) = (1, 0);
const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;
const VERSION: Version = Version { major: 1, minor: 0 };

const LEGACY: &CStr = c"dltensor";
const LEGACY_USED: &CStr = c"used_dltensor";
const VERSIONED: &CStr = c"dltensor_versioned";
const VERSIONED_USED: &CStr = c"used_dltensor_versioned";

#[repr(C)]
#[derive(Clone, Copy)]
struct Version {
    major: u32,
    minor: u32,
}

#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

impl DataType {
    pub const UINT8: Self = Self {
        code: 1,
        bits: 8,
        lanes: 1,
    };
    pub const FLOAT32: Self = Self {
        code: 2,
        bits: 32,
        lanes: 1,
    };
}

impl std::fmt::Display for DataType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            "int", "uint", "float", "handle", "bfloat", "complex", "bool",
        ];
        let name = names.get(usize::from(self.code)).copied();
        write!(formatter, "{}{}", name.unwrap_or("unknown"), self.bits)?;
        if self.lanes == 1 {
            Ok(())
        } else {
            write!(formatter, "x{}", self.lanes)
        }
    }
}

#[repr(C)]
struct DlTensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct Legacy {
    tensor: DlTensor,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Legacy)>,
}

#[repr(C)]
struct Versioned {
    version: Version,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    tensor: DlTensor,
}

/// A struct that was taken out of a capsule, and is given back when this is dropped.
enum Managed {
    Legacy(NonNull<Legacy>),
    Versioned(NonNull<Versioned>),
}

#[expect(unsafe_code, reason = "DLPack is structs with pointers to functions")]
impl Drop for Managed {
    fn drop(&mut self) {
        // SAFETY: the struct was taken from a capsule that is marked as used, so nobody else gives it back.
        unsafe {
            match self {
                Self::Legacy(managed) => {
                    if let Some(deleter) = managed.as_ref().deleter {
                        deleter(managed.as_ptr());
                    }
                }
                Self::Versioned(managed) => {
                    if let Some(deleter) = managed.as_ref().deleter {
                        deleter(managed.as_ptr());
                    }
                }
            }
        }
    }
}

/// Memory of another library, which keeps it until this is dropped.
pub struct Imported {
    /// What it is to the caller, for messages.
    role: &'static str,
    managed: Managed,
}

// region: import
#[expect(unsafe_code, reason = "DLPack is structs with pointers to functions")]
impl Imported {
    /// Takes a tensor from any object that has one in main memory.
    pub fn new(role: &'static str, object: &Bound<'_, PyAny>) -> Result<Self> {
        let device: (i32, i32) = object.call_method0("__dlpack_device__")?.extract()?;
        if device.0 != CPU.0 {
            return Err(Error::Device { role, device });
        }
        let capsule = ask(object)?;
        let capsule = capsule.cast_into::<PyCapsule>().map_err(PyErr::from)?;
        let imported = Self {
            role,
            managed: take(role, &capsule)?,
        };
        if let Managed::Versioned(managed) = &imported.managed {
            // SAFETY: all versions begin with their number and the deleter, which is all that is used of others.
            let Version { major, minor } = unsafe { managed.as_ref() }.version;
            if major > VERSION.major {
                return Err(Error::Version { role, major, minor });
            }
        }
        let tensor = imported.tensor();
        let device = (tensor.device_type, tensor.device_id);
        if device.0 != CPU.0 {
            return Err(Error::Device { role, device });
        }
        Ok(imported)
    }

    fn tensor(&self) -> &DlTensor {
        // SAFETY: the struct lives until the deleter is called, which `self` does last.
        unsafe {
            match &self.managed {
                Managed::Legacy(managed) => &managed.as_ref().tensor,
                Managed::Versioned(managed) => &managed.as_ref().tensor,
            }
        }
    }
    // endregion: import

    /// Whether its owner lets nobody write to it. A legacy struct can't say so: libraries don't export what is read-only then.
    pub fn is_read_only(&self) -> bool {
        match &self.managed {
            Managed::Legacy(_) => false,
            // SAFETY: as for the tensor.
            Managed::Versioned(managed) => unsafe { managed.as_ref().flags & READ_ONLY != 0 },
        }
    }

    // region: view
    /// Returns where the elements are: an address, and the shape and strides in elements.
    ///
    /// What the numbers say about memory has to be believed, but not that they can be calculated with.
    pub fn view<T>(&self, dtype: DataType, axes: &'static str) -> Result<View<T>> {
        let (role, tensor) = (self.role, self.tensor());
        if tensor.dtype != dtype {
            return Err(Error::ElementType {
                role,
                found: tensor.dtype.to_string(),
                expected: axes,
            });
        }
        if tensor.ndim != 4 {
            return Err(Error::Dimensions {
                role,
                found: tensor.ndim,
                expected: axes,
            });
        }
        // SAFETY: there are four dimensions, so these point to four numbers each, or strides to none.
        let (lengths, steps) = unsafe {
            let lengths: [i64; 4] = ptr::read(tensor.shape.cast());
            let steps: Option<&[i64; 4]> = tensor.strides.cast::<[i64; 4]>().as_ref();
            (lengths, steps.copied())
        };
        let mut shape = [0; 4];
        for (length, place) in lengths.into_iter().zip(&mut shape) {
            *place = usize::try_from(length).map_err(|_| Error::Size(role))?;
        }
        let strides = steps.unwrap_or_else(|| compact(shape));
        let is_empty = shape.contains(&0);
        if !is_empty && !is_addressable(shape, strides, size_of::<T>()) {
            return Err(Error::Size(role));
        }
        let data = tensor.data.cast::<u8>();
        let start = data.wrapping_add(tensor.byte_offset as usize).cast::<T>();
        if !is_empty && !start.is_aligned() {
            return Err(Error::NotAligned(role));
        }
        Ok(View {
            start,
            shape,
            strides,
        })
    }
    // endregion: view
}

// region: ask
/// Calls `__dlpack__` with the version that is known here, or without, if the object is too old to be asked.
fn ask<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let version = [("max_version", (VERSION.major, VERSION.minor))].into_py_dict(py)?;
    match object.call_method("__dlpack__", (), Some(&version)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => object.call_method0("__dlpack__"),
        capsule => capsule,
    }
}

/// Takes the struct out of a capsule, which says from then on that it is used.
#[expect(unsafe_code, reason = "only the C API renames a capsule")]
fn take(role: &'static str, capsule: &Bound<'_, PyCapsule>) -> Result<Managed> {
    let rename = |name: &'static CStr| {
        // SAFETY: the capsule is one, and the name lives as long as the program.
        match unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), name.as_ptr()) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(capsule.py())),
        }
    };
    if let Ok(managed) = capsule.pointer_checked(Some(VERSIONED)) {
        rename(VERSIONED_USED)?;
        Ok(Managed::Versioned(managed.cast()))
    } else if let Ok(managed) = capsule.pointer_checked(Some(LEGACY)) {
        rename(LEGACY_USED)?;
        Ok(Managed::Legacy(managed.cast()))
    } else {
        Err(Error::Capsule(role))
    }
}
// endregion: ask

/// Elements in memory that others may read and write at the same time: so there is no slice of them, only an address.
#[derive(Clone, Copy)]
pub struct View<T> {
    pub start: *mut T,
    pub shape: [usize; 4],
    pub strides: [i64; 4],
}

/// Returns the strides of elements that are next to each other, the last dimension first.
pub fn compact(shape: [usize; 4]) -> [i64; 4] {
    let mut strides = [1_i64; 4];
    for axis in (0..3).rev() {
        let length = i64::try_from(shape[axis + 1]).unwrap_or(i64::MAX);
        strides[axis] = strides[axis + 1].saturating_mul(length.max(1));
    }
    strides
}

/// Whether the distance of no two elements is more than an address can be.
fn is_addressable(shape: [usize; 4], strides: [i64; 4], size: usize) -> bool {
    let distances = shape
        .into_iter()
        .zip(strides)
        .map(|(length, stride)| (length as i128 - 1).saturating_mul(i128::from(stride).abs()));
    let distance = distances.fold(0_i128, i128::saturating_add);
    distance.saturating_mul(size as i128) <= isize::MAX as i128
}

/// A tensor of this library on its way to another one.
struct Exported<T> {
    // The struct points to these three: so they are here, and live as long.
    shape: [i64; 4],
    strides: [i64; 4],
    _owner: T,
}

/// What is exported.
pub struct Export<T> {
    pub start: *mut f32,
    pub shape: [usize; 4],
    pub owner: T,
    /// Whether the memory is a copy that nobody else has.
    pub is_copy: bool,
}

// region: export
#[expect(unsafe_code, reason = "DLPack is structs with pointers to functions")]
impl<T: Send + Sync + 'static> Export<T> {
    /// Returns a capsule, of the version that the other library can read.
    pub fn into_capsule(self, py: Python<'_>, versioned: bool) -> PyResult<Bound<'_, PyAny>> {
        let is_copy = self.is_copy;
        let (context, tensor) = self.split();
        if versioned {
            let managed = Versioned {
                version: VERSION,
                context: context.cast(),
                deleter: Some(delete_versioned::<T>),
                flags: if is_copy { IS_COPIED } else { 0 },
                tensor,
            };
            let managed = Box::into_raw(Box::new(managed));
            // SAFETY: who consumes the capsule calls the deleter, or else `discard_versioned` does.
            unsafe {
                let capsule =
                    ffi::PyCapsule_New(managed.cast(), VERSIONED.as_ptr(), Some(discard_versioned));
                Bound::from_owned_ptr_or_err(py, capsule)
                    .inspect_err(|_| delete_versioned::<T>(managed))
            }
        } else {
            let managed = Legacy {
                tensor,
                context: context.cast(),
                deleter: Some(delete_legacy::<T>),
            };
            let managed = Box::into_raw(Box::new(managed));
            // SAFETY: as above.
            unsafe {
                let capsule =
                    ffi::PyCapsule_New(managed.cast(), LEGACY.as_ptr(), Some(discard_legacy));
                Bound::from_owned_ptr_or_err(py, capsule)
                    .inspect_err(|_| delete_legacy::<T>(managed))
            }
        }
    }

    fn split(self) -> (*mut Exported<T>, DlTensor) {
        let context = Box::into_raw(Box::new(Exported {
            shape: self.shape.map(|length| length as i64),
            strides: compact(self.shape),
            _owner: self.owner,
        }));
        // SAFETY: the box was made here, and nothing has a reference to it.
        let (shape, strides) = unsafe { (&raw mut (*context).shape, &raw mut (*context).strides) };
        let tensor = DlTensor {
            data: self.start.cast(),
            device_type: CPU.0,
            device_id: CPU.1,
            ndim: 4,
            dtype: DataType::FLOAT32,
            shape: shape.cast(),
            strides: strides.cast(),
            byte_offset: 0,
        };
        (context, tensor)
    }
}

/// Gives back what was exported. No Python object is involved, so any thread may do so, attached or not.
#[expect(unsafe_code, reason = "called by the other library")]
unsafe extern "C" fn delete_versioned<T>(managed: *mut Versioned) {
    // SAFETY: both were boxed by `into_capsule`, and a deleter is called once.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context.cast::<Exported<T>>()));
    }
}

#[expect(unsafe_code, reason = "called by the other library")]
unsafe extern "C" fn delete_legacy<T>(managed: *mut Legacy) {
    // SAFETY: as above.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context.cast::<Exported<T>>()));
    }
}

/// Ends a capsule. If it has its first name still, nobody has taken the struct out.
#[expect(unsafe_code, reason = "called by Python")]
unsafe extern "C" fn discard_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: Python passes a capsule, whose pointer is what this name says. The check sets no exception.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED.as_ptr()) == 1 {
            let managed = ffi::PyCapsule_GetPointer(capsule, VERSIONED.as_ptr());
            drop(Managed::Versioned(NonNull::new_unchecked(managed.cast())));
        }
    }
}

#[expect(unsafe_code, reason = "called by Python")]
unsafe extern "C" fn discard_legacy(capsule: *mut ffi::PyObject) {
    // SAFETY: as above.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, LEGACY.as_ptr()) == 1 {
            let managed = ffi::PyCapsule_GetPointer(capsule, LEGACY.as_ptr());
            drop(Managed::Legacy(NonNull::new_unchecked(managed.cast())));
        }
    }
}
// endregion: export

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structs_are_as_large_as_in_c() {
        assert_eq!(size_of::<DlTensor>(), 48);
        assert_eq!(size_of::<Legacy>(), 64);
        assert_eq!(size_of::<Versioned>(), 80);
    }

    #[test]
    fn no_shape_overflows() {
        assert_eq!(compact([2, 3, 4, 5]), [60, 20, 5, 1]);
        assert!(is_addressable([2, 3, 4, 5], [60, 20, 5, 1], 4));
        assert!(is_addressable([usize::MAX, 1, 1, 1], [0; 4], 1));
        assert!(!is_addressable([3, 1, 1, 1], [i64::MIN, 0, 0, 0], 1));
        let most = [usize::MAX; 4];
        assert!(!is_addressable(most, compact(most), 4));
    }

    #[test]
    fn types_have_names() {
        let half = DataType {
            code: 4,
            bits: 16,
            lanes: 2,
        };
        assert_eq!(DataType::UINT8.to_string(), "uint8");
        assert_eq!(half.to_string(), "bfloat16x2");
    }
}
