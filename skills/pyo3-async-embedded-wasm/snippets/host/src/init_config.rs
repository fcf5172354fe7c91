//! How Python 3.14 and newer can be started: the options have names, and no structure has a layout.

use std::ffi::CStr;
use std::ptr;

use pyo3::ffi;

// region: start
/// Start Python, isolated, with its standard library in a folder.
pub fn start(home: &CStr) -> Result<(), String> {
    // SAFETY: the functions may be called before Python runs; the configuration is freed in the end, and the
    // message, which it owns, is copied before.
    unsafe {
        let config = ffi::PyInitConfig_Create();
        assert!(!config.is_null(), "out of memory");
        let started = ffi::PyInitConfig_SetInt(config, c"utf8_mode".as_ptr(), 1) == 0
            && ffi::PyInitConfig_SetStr(config, c"home".as_ptr(), home.as_ptr()) == 0
            && ffi::Py_InitializeFromInitConfig(config) == 0;
        let mut reason = ptr::null();
        let failed = !started && ffi::PyInitConfig_GetError(config, &mut reason) == 1;
        let reason = failed.then(|| CStr::from_ptr(reason).to_string_lossy().into_owned());
        ffi::PyInitConfig_Free(config);
        if !started {
            return Err(reason.unwrap_or_default());
        }
        ffi::PyEval_SaveThread();
        Ok(())
    }
}
// endregion: start
