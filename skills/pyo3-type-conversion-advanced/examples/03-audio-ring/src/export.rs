//! A ring's memory as Python's buffer protocol describes it.
#![expect(
    unsafe_code,
    reason = "Python's buffer protocol is a struct of pointers"
)]

use std::ffi::c_int;
use std::ptr;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::ring::{Ring, Sample};

// region: layout
/// What a view points to besides the samples. Each view has its own, so that nothing of the ring is shared with C code
/// but atomic samples.
struct Layout {
    shape: [ffi::Py_ssize_t; 2],
    strides: [ffi::Py_ssize_t; 2],
}
// endregion: layout

/// Describes the memory of a ring, of shape (frames, channels), in a view.
///
/// # Safety
///
/// `view` must point to memory for one, and `owner` keep the ring's memory where it is until `end` is called.
pub unsafe fn begin(
    view: *mut ffi::Py_buffer,
    flags: c_int,
    ring: &Ring,
    owner: Bound<'_, PyAny>,
) -> PyResult<()> {
    let wants = |flag| flags & flag == flag;
    let (frames, channels) = (ring.capacity(), ring.channels());
    if wants(ffi::PyBUF_F_CONTIGUOUS) && frames > 1 && channels > 1 {
        return Err(PyBufferError::new_err(
            "the frames lie behind each other (C order)",
        ));
    }
    let sample = size_of::<Sample>();
    // At most MOST_SAMPLES, so that nothing here overflows.
    let layout = Box::into_raw(Box::new(Layout {
        shape: [frames, channels].map(|length| length as ffi::Py_ssize_t),
        strides: [channels * sample, sample].map(|stride| stride as ffi::Py_ssize_t),
    }));
    // SAFETY: the caller passes memory for a view, and keeps that of the samples; the layout lives until `end`.
    unsafe {
        view.write(ffi::Py_buffer::new());
        let view = &mut *view;
        view.buf = ring.samples().as_ptr().cast_mut().cast();
        view.len = size_of_val(ring.samples()) as ffi::Py_ssize_t;
        view.itemsize = sample as ffi::Py_ssize_t;
        view.ndim = 1;
        if wants(ffi::PyBUF_FORMAT) {
            view.format = c"f".as_ptr().cast_mut();
        }
        if wants(ffi::PyBUF_ND) {
            view.ndim = 2;
            view.shape = (&raw mut (*layout).shape).cast();
        }
        if wants(ffi::PyBUF_STRIDES) {
            view.strides = (&raw mut (*layout).strides).cast();
        }
        view.internal = layout.cast();
        view.obj = owner.into_ptr();
    }
    Ok(())
}

/// Frees what `begin` allocated.
///
/// # Safety
///
/// `begin` must have filled in the view, and this must be the first call for it.
pub unsafe fn end(view: *mut ffi::Py_buffer) {
    // SAFETY: the caller says that it comes from `begin`.
    unsafe {
        drop(Box::from_raw((*view).internal.cast::<Layout>()));
        (*view).internal = ptr::null_mut();
    }
}
