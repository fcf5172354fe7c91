//! The module for any number of interpreters: what it is (a definition that never changes), and what each of them has.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::ptr;

use pyo3_ffi::*;

use crate::calls;

/// What an interpreter has of its own: an object must not be used by two of them, each with a lock of its own.
#[repr(C)]
pub struct State {
    /// The exception `CellError`.
    pub error: *mut PyObject,
}

// In Python's headers these are for the stable ABI of 3.12 and 3.13; as numbers they are right for any version, and
// `PyInit__core` says them to those only that know them.
const MULTIPLE_INTERPRETERS: c_int = 3;
const PER_INTERPRETER_GIL: *mut c_void = ptr::without_provenance_mut(2);
const GIL: c_int = 4;
const GIL_NOT_USED: *mut c_void = ptr::without_provenance_mut(1);

/// Something that Python writes to: without the cell it would be in memory that nobody may write to.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: Python alone writes to what is in here, a definition's reference count and index, and knows how.
unsafe impl<T> Sync for Shared<T> {}

static METHODS: Shared<[PyMethodDef; 5]> = Shared(UnsafeCell::new([
    method(c"encode", calls::encode, calls::ENCODE),
    method(c"decode", calls::decode, calls::DECODE),
    method(c"neighbors", calls::neighbors, calls::NEIGHBORS),
    method(c"count_cells", calls::count_cells, calls::COUNT_CELLS),
    PyMethodDef::zeroed(),
]));

const fn method(
    name: &'static CStr,
    function: PyCFunctionWithKeywords,
    doc: &'static CStr,
) -> PyMethodDef {
    PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: PyMethodDefPointer {
            PyCFunctionWithKeywords: function,
        },
        ml_flags: METH_VARARGS | METH_KEYWORDS,
        ml_doc: doc.as_ptr(),
    }
}

// region: slots
static SLOTS: Shared<[PyModuleDef_Slot; 4]> = Shared(UnsafeCell::new([
    slot(GIL, GIL_NOT_USED),
    slot(MULTIPLE_INTERPRETERS, PER_INTERPRETER_GIL),
    PyModuleDef_Slot {
        slot: Py_mod_exec as c_int,
        value: exec as *const () as *mut c_void,
    },
    slot(0, ptr::null_mut()),
]));

const fn slot(slot: c_int, value: *mut c_void) -> PyModuleDef_Slot {
    PyModuleDef_Slot { slot, value }
}

/// For Python 3.13 and later, 3.12, 3.11: each begins one slot later. Two interpreters may be here at the same time, so these
/// are chosen from, and not changed.
static DEFINITIONS: [Shared<PyModuleDef>; 3] = [definition(0), definition(1), definition(2)];

const fn definition(first: usize) -> Shared<PyModuleDef> {
    let slots = SLOTS.0.get().cast::<PyModuleDef_Slot>();
    Shared(UnsafeCell::new(PyModuleDef {
        m_base: PyModuleDef_HEAD_INIT,
        m_name: c"_core".as_ptr(),
        m_doc: c"Cells of the earth, importable in any interpreter.".as_ptr(),
        m_size: size_of::<State>() as Py_ssize_t,
        m_methods: METHODS.0.get().cast(),
        m_slots: slots.wrapping_add(first),
        m_traverse: Some(traverse),
        m_clear: Some(clear),
        m_free: Some(free),
    }))
}

/// Hands the definition to Python, which makes a module of it for each interpreter that asks.
#[unsafe(no_mangle)]
pub extern "C" fn PyInit__core() -> *mut PyObject {
    // SAFETY: a number that never changes; a definition that lives as long as the process.
    unsafe {
        let number = match Py_Version >> 16 {
            0x030d.. => 0,
            0x030c => 1,
            _ => 2,
        };
        PyModuleDef_Init(DEFINITIONS[number].0.get())
    }
}
// endregion: slots

// region: state
/// Fills a new module of one interpreter.
unsafe extern "C" fn exec(module: *mut PyObject) -> c_int {
    // SAFETY: Python calls this once for each module, whose state is there, and zeroed.
    unsafe {
        let doc = c"A place or a text that is no cell.";
        let error = PyErr_NewExceptionWithDoc(
            c"geo_cells.CellError".as_ptr(),
            doc.as_ptr(),
            PyExc_ValueError,
            ptr::null_mut(),
        );
        if error.is_null() {
            return -1;
        }
        (*state(module)).error = error;
        PyModule_AddObjectRef(module, c"CellError".as_ptr(), error)
    }
}

/// Returns the state of a module.
///
/// # Safety
///
/// `module` is one that was made of a definition here.
pub unsafe fn state(module: *mut PyObject) -> *mut State {
    // SAFETY: as the caller says.
    unsafe { PyModule_GetState(module).cast() }
}

unsafe extern "C" fn traverse(module: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: the collector may ask before there is a state, which is null then.
    unsafe {
        match state(module).as_ref() {
            Some(state) if !state.error.is_null() => visit(state.error, arg),
            _ => 0,
        }
    }
}

unsafe extern "C" fn clear(module: *mut PyObject) -> c_int {
    // SAFETY: as for `traverse`; taken out first, because what is dropped may ask for it.
    unsafe {
        if let Some(state) = state(module).as_mut() {
            Py_XDECREF(std::mem::replace(&mut state.error, ptr::null_mut()));
        }
    }
    0
}

unsafe extern "C" fn free(module: *mut c_void) {
    // SAFETY: the last call for this module.
    unsafe { clear(module.cast()) };
}
// endregion: state
