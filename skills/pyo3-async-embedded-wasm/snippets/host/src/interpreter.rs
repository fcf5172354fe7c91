//! How Python is started and ended.

use pyo3::ffi;

// region: finish
/// Wait for Python's threads, run what `atexit` has, write out what is buffered, and end Python.
///
/// It returns whether everything could be written.
///
/// # Safety
///
/// Call it once, in the thread that started Python, and when no thread of Rust uses Python or will.
pub unsafe fn finish() -> bool {
    // SAFETY: Python runs, and the caller promises the rest.
    unsafe {
        ffi::PyGILState_Ensure();
        ffi::Py_FinalizeEx() == 0
    }
}
// endregion: finish
