//! A script of the user's, which is loaded again when its file has changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use pyo3::prelude::*;

/// What scripts are called in `sys.modules`, where dataclasses and pickles look for them.
const NAME: &str = "script";

/// A script, as it was when it last loaded without an error.
pub struct Script {
    path: PathBuf,
    version: Option<Version>,
    module: Py<PyModule>,
}

/// What tells that a file has changed.
type Version = (SystemTime, u64);

impl Script {
    /// Loads the script.
    ///
    /// # Errors
    ///
    /// The file can't be read, or what the script raises.
    pub fn load(py: Python<'_>, path: &Path) -> PyResult<Self> {
        let version = version(path);
        let module = execute(py, path)?.unbind();
        let path = path.into();
        Ok(Self {
            path,
            version,
            module,
        })
    }

    /// Loads the script again if its file has changed.
    ///
    /// # Errors
    ///
    /// As for [`Script::load`]; the script stays as it was, until the file changes once more.
    pub fn refresh(&mut self, py: Python<'_>) -> PyResult<()> {
        let version = version(&self.path);
        if version != self.version {
            self.version = version;
            self.module = execute(py, &self.path)?.unbind();
        }
        Ok(())
    }

    /// Returns what the script calls `name`.
    ///
    /// # Errors
    ///
    /// It has nothing of that name.
    pub fn get<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
        self.module.bind(py).getattr(name)
    }
}

fn version(path: &Path) -> Option<Version> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Runs the file as a module of its own: nothing is left in it of what an older version defined.
fn execute<'py>(py: Python<'py>, path: &Path) -> PyResult<Bound<'py, PyModule>> {
    let file = py.import("pathlib")?.call_method1("Path", (path,))?;
    let source = file.call_method0("read_bytes")?;
    let builtins = py.import("builtins")?;
    // With the path, tracebacks show the lines of the script.
    let code = builtins.call_method1("compile", (source, path, "exec"))?;
    let module = PyModule::new(py, NAME)?;
    module.setattr("__file__", path.as_os_str())?;
    let modules = py.import("sys")?.getattr("modules")?;
    let before = modules.call_method1("get", (NAME,))?;
    modules.set_item(NAME, &module)?;
    let done = builtins.call_method1("exec", (code, module.dict()));
    if done.is_err() {
        modules.set_item(NAME, before)?;
    }
    done.map(|_| module)
}
