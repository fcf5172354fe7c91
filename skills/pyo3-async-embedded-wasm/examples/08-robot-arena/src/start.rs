//! Start Python: the one that the program was built for, untouched by the user's variables, always in UTF-8.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;

use pyo3::ffi;

use crate::api::built_in as arena;

/// Starts Python with the module `arena` built in. Once, by the main thread of the program, which then runs the scripts.
///
/// # Errors
///
/// Python's reason.
pub fn start() -> Result<(), String> {
    // Before the start: later it would panic.
    add_modules();
    let home = CString::new(env!("ARENA_PYTHON")).map_err(|error| error.to_string())?;
    configure(&home)
}

#[allow(
    unsafe_code,
    reason = "the macro calls C; nothing has started Python yet"
)]
fn add_modules() {
    pyo3::append_to_inittab!(arena);
}

#[allow(unsafe_code, reason = "PyO3 has no safe API for this")]
fn configure(home: &CStr) -> Result<(), String> {
    let mut pre = MaybeUninit::uninit();
    let mut config = MaybeUninit::uninit();
    // SAFETY: each struct is initialized before it is used, the text lives until the end, no thread has started Python,
    // and this one, which is attached when it has started, detaches at last, as PyO3 expects.
    unsafe {
        ffi::PyPreConfig_InitIsolatedConfig(pre.as_mut_ptr());
        (*pre.as_mut_ptr()).utf8_mode = 1;
        check(ffi::Py_PreInitialize(pre.as_ptr()))?;
        let config = config.as_mut_ptr();
        ffi::PyConfig_InitIsolatedConfig(config);
        (*config).site_import = 0;
        (*config).write_bytecode = 0;
        // What scripts print comes between the lines of the program, and is not lost when it ends.
        (*config).buffered_stdio = 0;
        let field = &raw mut (*config).home;
        let mut status = ffi::PyConfig_SetBytesString(config, field, home.as_ptr());
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::Py_InitializeFromConfig(config);
        }
        ffi::PyConfig_Clear(config);
        check(status)?;
        ffi::PyEval_SaveThread();
    }
    Ok(())
}

#[allow(unsafe_code, reason = "a status holds C strings")]
fn check(status: ffi::PyStatus) -> Result<(), String> {
    // SAFETY: the message is a constant of Python's, or null.
    unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        let text = status.err_msg;
        if text.is_null() {
            return Err("no reason given".into());
        }
        Err(CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pyo3::prelude::*;

    use super::*;
    use crate::limit::Watch;

    /// One test: Python starts once. What is endless is in `tests`, where the main thread runs scripts.
    #[test]
    fn limited_code_runs_and_fails() {
        start().unwrap();
        Python::attach(|py| {
            let watch = Watch::new(py, Duration::from_secs(60)).unwrap();
            let run = |code: &CStr| watch.get().run(py, || py.run(code, None, None));
            run(c"from arena import View").unwrap();
            let error = run(c"1 / 0").unwrap_err();
            assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
        });
    }
}
