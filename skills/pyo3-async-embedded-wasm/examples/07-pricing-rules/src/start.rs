//! Start Python: the one beside the program, untouched by the user's variables, always in UTF-8.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use pyo3::ffi;
use pyo3::prelude::*;

use crate::errors::Error;
use crate::pricing::built_in as pricing;

/// The folder of Python: `python` beside the program, or, where it was built, the one it was built for.
#[must_use]
pub fn find_home(program: &Path) -> PathBuf {
    let beside = program.parent().unwrap_or(Path::new("")).join("python");
    if beside.join("lib").is_dir() {
        beside
    } else {
        env!("PRICING_HOME").into()
    }
}

/// Starts Python with the standard library in `home`, and the module `pricing` built in. Once.
pub fn start(home: &Path) -> Result<(), Error> {
    // Python itself would say no more than that it can't import `encodings`.
    let stdlib = home.join("lib").join(env!("PRICING_STDLIB"));
    let first = stdlib.join("encodings");
    if !first.is_dir() {
        return Err(Error::Incomplete(first));
    }
    let home = home.to_str().and_then(|text| CString::new(text).ok());
    let home = home.ok_or_else(|| Error::Start("its folder's name is not UTF-8".into()))?;
    // Before the start: later it would panic.
    add_modules();
    configure(&home).map_err(Error::Start)
}

#[allow(
    unsafe_code,
    reason = "the macro calls C; nothing has started Python yet"
)]
fn add_modules() {
    pyo3::append_to_inittab!(pricing);
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
        // No folder of packages, no code of others at the start.
        (*config).site_import = 0;
        (*config).write_bytecode = 0;
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
        let known = !text.is_null();
        Err(if known {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        } else {
            "no reason given".into()
        })
    }
}

/// Writes out what rules have printed: nobody ends this Python, so nobody else does.
pub fn flush(py: Python<'_>) -> PyResult<()> {
    for name in ["stdout", "stderr"] {
        py.import("sys")?.getattr(name)?.call_method0("flush")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Money;
    use crate::order::Order;
    use crate::rules;

    #[test]
    fn a_missing_library_is_named() {
        let error = start(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("`/nowhere/lib/python3."), "{error}");
    }

    #[test]
    fn rules_change_an_order() {
        start(&find_home(Path::new("/nowhere/quotes"))).unwrap();
        let scripts = rules::find(Path::new("rules")).unwrap();
        let order = Order::read("Ada", "tea,12,4.50").unwrap();
        let order = Python::attach(|py| rules::apply(py, &scripts, order)).unwrap();
        assert_eq!(order.total(), Money(5350));
    }
}
