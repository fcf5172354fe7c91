//! What Python calls: arguments from C's functions, results to them, and no panic across.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3_ffi::*;

use crate::cells::{self, Cell, Error, check_precision};
use crate::module::state;

/// Places from which on others may run meanwhile.
const SMALL: usize = 1000;

pub const ENCODE: &CStr = c"encode(latitude, longitude, precision=9)\n--\n\nReturn the cell of a place, as `precision` letters, 1 to 12.";
pub const DECODE: &CStr =
    c"decode(cell)\n--\n\nReturn latitude and longitude of the middle of a cell.";
pub const NEIGHBORS: &CStr = c"neighbors(cell)\n--\n\nReturn the cells around one, clockwise from the north; at the poles there are five.";
pub const COUNT_CELLS: &CStr = c"count_cells(places, precision=5)\n--\n\nCount places in cells.\n\n`places` is a buffer of pairs of doubles, latitude and longitude, one after the other.";

/// Why a call fails: an exception that Python has set already, or one of ours.
enum Failure {
    Raised,
    Cell(Error),
    Type(&'static CStr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Cell(error)
    }
}

type Outcome = Result<*mut PyObject, Failure>;

// region: guard
/// Runs a call, and makes an exception of what went wrong, a panic included: C can't be unwound.
fn guard(module: *mut PyObject, call: impl FnOnce() -> Outcome) -> *mut PyObject {
    let outcome = catch_unwind(AssertUnwindSafe(call));
    // SAFETY: this interpreter is attached, and `module` is what Python calls our methods with.
    unsafe {
        match outcome {
            Ok(Ok(object)) => return object,
            Ok(Err(Failure::Raised)) => {}
            Ok(Err(Failure::Type(message))) => PyErr_SetString(PyExc_TypeError, message.as_ptr()),
            Ok(Err(Failure::Cell(error))) => {
                // A text may have a null in it, which a string of C may not.
                let message =
                    CString::new(error.to_string().replace('\0', "\\0")).unwrap_or_default();
                // Gone if the collector has cleared the module already, as the interpreter ends.
                let ours = (*state(module)).error;
                let kind = if ours.is_null() {
                    PyExc_ValueError
                } else {
                    ours
                };
                PyErr_SetString(kind, message.as_ptr());
            }
            Err(_) => PyErr_SetString(
                PyExc_SystemError,
                c"a function of geo_cells panicked".as_ptr(),
            ),
        }
    }
    ptr::null_mut()
}
// endregion: guard

pub unsafe extern "C" fn encode(
    module: *mut PyObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> *mut PyObject {
    guard(module, || {
        let (mut latitude, mut longitude, mut precision) = (0.0_f64, 0.0_f64, 9 as c_int);
        let names = [
            c"latitude".as_ptr(),
            c"longitude".as_ptr(),
            c"precision".as_ptr(),
            ptr::null(),
        ];
        // SAFETY: two doubles and an `int`, as the format says, and a name for each.
        let parsed = unsafe {
            PyArg_ParseTupleAndKeywords(
                arguments,
                keywords,
                c"dd|i:encode".as_ptr(),
                names.as_ptr().cast_mut().cast(),
                &raw mut latitude,
                &raw mut longitude,
                &raw mut precision,
            )
        };
        check(parsed)?;
        let precision = check_precision(precision.into())?;
        text(&Cell::new(latitude, longitude, precision)?.to_string())
    })
}

pub unsafe extern "C" fn decode(
    module: *mut PyObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> *mut PyObject {
    guard(module, || {
        let (latitude, longitude) = parse_cell(arguments, keywords, c"U:decode")?.middle();
        // SAFETY: two doubles, as the format says.
        new(unsafe { Py_BuildValue(c"(dd)".as_ptr(), latitude, longitude) })
    })
}

pub unsafe extern "C" fn neighbors(
    module: *mut PyObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> *mut PyObject {
    guard(module, || {
        let cell = parse_cell(arguments, keywords, c"U:neighbors")?;
        // SAFETY: no arguments.
        let list = Owned(new(unsafe { PyList_New(0) })?);
        for neighbor in cell.neighbors() {
            let neighbor = Owned(text(&neighbor.to_string())?);
            // SAFETY: a list, and an object of which it takes a reference of its own.
            check((unsafe { PyList_Append(list.0, neighbor.0) } == 0).into())?;
        }
        Ok(list.release())
    })
}

// region: count
pub unsafe extern "C" fn count_cells(
    module: *mut PyObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> *mut PyObject {
    guard(module, || {
        let (mut places, mut precision) = (ptr::null_mut::<PyObject>(), 5 as c_int);
        let names = [
            c"places".as_ptr(),
            c"precision".as_ptr(),
            ptr::null::<c_char>(),
        ];
        // SAFETY: an object and an `int`, as the format says, and a name for each.
        let parsed = unsafe {
            PyArg_ParseTupleAndKeywords(
                arguments,
                keywords,
                c"O|i:count_cells".as_ptr(),
                names.as_ptr().cast_mut().cast(),
                &raw mut places,
                &raw mut precision,
            )
        };
        check(parsed)?;
        let precision = check_precision(precision.into())?;
        let buffer = Buffer::of(places)?;
        let count = buffer.count()?;
        let places = (0..count / 2).map(|pair| (buffer.get(pair * 2), buffer.get(pair * 2 + 1)));
        let counts = if count < SMALL {
            cells::count_cells(places, precision)?
        } else {
            detach(|| cells::count_cells(places, precision))?
        };
        // SAFETY: no arguments.
        let dict = Owned(new(unsafe { PyDict_New() })?);
        for (cell, number) in counts {
            let key = Owned(text(&cell.to_string())?);
            // SAFETY: a number.
            let value = Owned(new(unsafe { PyLong_FromUnsignedLongLong(number) })?);
            // SAFETY: a dict, and objects of which it takes references of its own.
            check((unsafe { PyDict_SetItem(dict.0, key.0, value.0) } == 0).into())?;
        }
        Ok(dict.release())
    })
}

/// Lets other threads of this interpreter run meanwhile; those of others do anyway.
fn detach<R>(work: impl FnOnce() -> R) -> R {
    struct Attach(*mut PyThreadState);
    impl Drop for Attach {
        fn drop(&mut self) {
            // SAFETY: what `PyEval_SaveThread` returned to this thread.
            unsafe { PyEval_RestoreThread(self.0) };
        }
    }
    // SAFETY: this thread is attached, and `work` uses nothing of Python's but memory that is lent.
    let _attach = Attach(unsafe { PyEval_SaveThread() });
    work()
}
// endregion: count

/// Memory that an object lends, until this is dropped.
struct Buffer(Py_buffer);

impl Buffer {
    fn of(object: *mut PyObject) -> Result<Self, Failure> {
        let mut view = Py_buffer::new();
        // SAFETY: an object, and a view that is filled.
        let status =
            unsafe { PyObject_GetBuffer(object, &raw mut view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) };
        check((status == 0).into())?;
        Ok(Self(view))
    }

    /// Returns the number of doubles, which come in pairs.
    fn count(&self) -> Result<usize, Failure> {
        // Null means bytes.
        let format = if self.0.format.is_null() {
            c"B"
        } else {
            // SAFETY: a string of C, as long as the view is held.
            unsafe { CStr::from_ptr(self.0.format) }
        };
        // ctypes says of what byte order its numbers are, which is that of the machine as a rule.
        let native: &[u8] = if cfg!(target_endian = "little") {
            b"<d"
        } else {
            b">d"
        };
        let bytes = format.to_bytes();
        let is_double = matches!(bytes, b"d" | b"=d" | b"@d") || bytes == native;
        let count = self.0.len as usize / 8;
        if !is_double || self.0.itemsize != 8 || count % 2 == 1 {
            return Err(Failure::Type(
                c"expected a contiguous buffer of pairs of doubles (format `d`)",
            ));
        }
        Ok(count)
    }

    /// Reads one of them. Others may write to it meanwhile, so it is read as a whole and never borrowed.
    fn get(&self, place: usize) -> f64 {
        // SAFETY: within what is lent; exporters may lend memory that isn't aligned, so it is read as bytes.
        unsafe { f64::from_bits(ptr::read_unaligned(self.0.buf.cast::<u64>().add(place))) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: it was filled by `PyObject_GetBuffer`, and is released once.
        unsafe { PyBuffer_Release(&raw mut self.0) };
    }
}

/// An object that is dropped unless it is released.
struct Owned(*mut PyObject);

impl Owned {
    fn release(self) -> *mut PyObject {
        let object = self.0;
        std::mem::forget(self);
        object
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: a reference that is ours.
        unsafe { Py_DECREF(self.0) };
    }
}

fn parse_cell(
    arguments: *mut PyObject,
    keywords: *mut PyObject,
    format: &CStr,
) -> Result<Cell, Failure> {
    let mut cell = ptr::null_mut::<PyObject>();
    let names = [c"cell".as_ptr(), ptr::null::<c_char>()];
    // SAFETY: an object, as the formats say, which is a string then; its text lives as long as that, and the arguments do.
    unsafe {
        check(PyArg_ParseTupleAndKeywords(
            arguments,
            keywords,
            format.as_ptr(),
            names.as_ptr().cast_mut().cast(),
            &raw mut cell,
        ))?;
        let mut length = 0;
        let text = PyUnicode_AsUTF8AndSize(cell, &raw mut length);
        if text.is_null() {
            return Err(Failure::Raised);
        }
        let bytes = std::slice::from_raw_parts(text.cast::<u8>(), length as usize);
        Ok(std::str::from_utf8_unchecked(bytes).parse()?)
    }
}

fn text(text: &str) -> Outcome {
    // SAFETY: UTF-8 of this length.
    new(unsafe { PyUnicode_FromStringAndSize(text.as_ptr().cast(), text.len() as Py_ssize_t) })
}

fn new(object: *mut PyObject) -> Outcome {
    if object.is_null() {
        Err(Failure::Raised)
    } else {
        Ok(object)
    }
}

fn check(success: c_int) -> Result<(), Failure> {
    if success == 0 {
        Err(Failure::Raised)
    } else {
        Ok(())
    }
}
