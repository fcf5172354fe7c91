//! Code that `references/buffers-out.md` shows.
//!
//! Python's buffers are in the stable ABI from 3.11 on.

use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyBufferError, PyIndexError, PyValueError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

// region: bytes
/// The image of a firmware, which never changes.
#[pyclass(frozen)]
struct Firmware {
    image: Box<[u8]>,
}

#[pymethods]
#[expect(unsafe_code, reason = "the buffer protocol is a struct of pointers")]
impl Firmware {
    #[new]
    fn new(image: Vec<u8>) -> Self {
        Self {
            image: image.into_boxed_slice(),
        }
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let image = &slf.get().image;
        let length = image.len().try_into()?;
        let start = image.as_ptr().cast_mut().cast();
        // SAFETY: the image is neither moved nor changed while the object lives, and `view` holds a reference to it.
        match unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) } {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}
// endregion: bytes

// region: class
/// Heights of a terrain in metres, to which rows are added from the north to the south.
#[pyclass(frozen)]
struct Terrain {
    columns: usize,
    grid: Mutex<Grid>,
}

#[derive(Default)]
struct Grid {
    /// Atomic, because Python may write through a view while Rust reads.
    heights: Vec<AtomicI16>,
    /// How many views there are of `heights`.
    exports: usize,
}

/// Shape and strides of one view, which lives as long as the view.
struct Layout {
    shape: [ffi::Py_ssize_t; 2],
    strides: [ffi::Py_ssize_t; 2],
}
// endregion: class

#[pymethods]
#[expect(unsafe_code, reason = "the buffer protocol is a struct of pointers")]
impl Terrain {
    #[new]
    fn new(columns: usize) -> PyResult<Self> {
        if columns == 0 {
            return Err(PyValueError::new_err("a terrain has at least one column"));
        }
        let grid = Mutex::default();
        Ok(Self { columns, grid })
    }

    // region: grow
    /// Add a row of heights.
    ///
    /// Raises:
    ///     BufferError: If there are views, whose memory would move.
    fn add_row(&self, row: Vec<i16>) -> PyResult<()> {
        if row.len() != self.columns {
            return Err(PyValueError::new_err("the row has another length"));
        }
        let mut grid = self.grid();
        if grid.exports > 0 {
            let message = "the terrain can't grow while views of it exist";
            return Err(PyBufferError::new_err(message));
        }
        grid.heights.extend(row.into_iter().map(AtomicI16::new));
        Ok(())
    }
    // endregion: grow

    /// The height at a place.
    fn height(&self, row: usize, column: usize) -> PyResult<i16> {
        let grid = self.grid();
        let mut rows = grid.heights.chunks(self.columns);
        let height = rows.nth(row).and_then(|row| row.get(column));
        let height = height.ok_or_else(|| PyIndexError::new_err("no such place"))?;
        Ok(height.load(Ordering::Relaxed))
    }

    /// How many views there are.
    #[getter]
    fn exports(&self) -> usize {
        self.grid().exports
    }

    // region: export
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let wants = |flag| flags & flag == flag;
        let this = slf.get();
        let mut grid = this.grid();
        let rows = grid.heights.len() / this.columns;
        // SAFETY: Python passes a `view` to fill in. An exporter that raises must leave no object there.
        unsafe { (*view).obj = ptr::null_mut() };
        if wants(ffi::PyBUF_F_CONTIGUOUS) && rows > 1 && this.columns > 1 {
            return Err(PyBufferError::new_err("a terrain is in row-major order"));
        }
        let item: ffi::Py_ssize_t = size_of::<i16>().try_into()?;
        let [rows, columns]: [ffi::Py_ssize_t; 2] = [rows.try_into()?, this.columns.try_into()?];
        let layout = Box::into_raw(Box::new(Layout {
            shape: [rows, columns],
            strides: [columns * item, item],
        }));
        // SAFETY: the heights don't move before `exports` is 0 again, and neither does the layout, which
        // `__releasebuffer__` frees. They are atomic, so to write through a pointer to them is allowed.
        unsafe {
            *view = ffi::Py_buffer::new();
            (*view).buf = grid.heights.as_ptr().cast_mut().cast();
            (*view).len = rows * columns * item;
            (*view).itemsize = item;
            (*view).ndim = 1;
            if wants(ffi::PyBUF_FORMAT) {
                (*view).format = c"h".as_ptr().cast_mut();
            }
            if wants(ffi::PyBUF_ND) {
                (*view).ndim = 2;
                (*view).shape = (&raw mut (*layout).shape).cast();
            }
            if wants(ffi::PyBUF_STRIDES) {
                (*view).strides = (&raw mut (*layout).strides).cast();
            }
            (*view).internal = layout.cast();
            (*view).obj = slf.clone().into_ptr();
        }
        grid.exports += 1;
        Ok(())
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: `__getbuffer__` made the layout, and Python releases a view once.
        drop(unsafe { Box::from_raw((*view).internal.cast::<Layout>()) });
        self.grid().exports -= 1;
    }
    // endregion: export
}

impl Terrain {
    fn grid(&self) -> MutexGuard<'_, Grid> {
        self.grid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A class that Python may borrow mutably: its counter of exports goes wrong.
#[pyclass]
struct Notebook {
    text: Vec<u8>,
    exports: usize,
}

#[pymethods]
#[expect(unsafe_code, reason = "the buffer protocol is a struct of pointers")]
impl Notebook {
    #[new]
    fn new(text: Vec<u8>) -> Self {
        Self { text, exports: 0 }
    }

    /// Call Python while this object is borrowed mutably.
    fn edit(&mut self, callback: &Bound<'_, PyAny>) -> PyResult<usize> {
        callback.call0()?;
        Ok(self.exports)
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let mut this = slf.try_borrow_mut()?;
        let start = this.text.as_ptr().cast_mut().cast();
        let length = this.text.len().try_into()?;
        // SAFETY: the text is never changed.
        if unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, length, 1, flags) } != 0 {
            return Err(PyErr::fetch(slf.py()));
        }
        this.exports += 1;
        Ok(())
    }

    unsafe fn __releasebuffer__(&mut self, _view: *mut ffi::Py_buffer) {
        self.exports -= 1;
    }
}

/// Return the memory of a vector as a `memoryview`, without a class of one's own in the signature.
#[pyfunction]
fn sector<'py>(py: Python<'py>, number: u8) -> PyResult<Bound<'py, PyAny>> {
    let image = vec![number; 4096].into_boxed_slice();
    let firmware = Bound::new(py, Firmware { image })?;
    Ok(PyMemoryView::from(&firmware)?.into_any())
}

/// What a consumer gets that asks with these flags, as the fields of the view.
#[pyfunction]
#[expect(unsafe_code, reason = "asks as C code does")]
fn ask(
    object: &Bound<'_, PyAny>,
    flags: c_int,
) -> PyResult<(isize, isize, c_int, bool, bool, bool)> {
    let mut view = ManuallyDrop::new(ffi::Py_buffer::new());
    // SAFETY: a view is filled in, read, and released.
    unsafe {
        if ffi::PyObject_GetBuffer(object.as_ptr(), &mut *view, flags) != 0 {
            assert!(view.obj.is_null());
            return Err(PyErr::fetch(object.py()));
        }
        let fields = (
            view.len,
            view.itemsize,
            view.ndim,
            view.format.is_null(),
            view.shape.is_null(),
            view.strides.is_null(),
        );
        ffi::PyBuffer_Release(&mut *view);
        Ok(fields)
    }
}

#[pyo3::pymodule]
pub mod buffers_out {
    #[pymodule_export]
    use super::{Firmware, Notebook, Terrain, ask, sector};
}
