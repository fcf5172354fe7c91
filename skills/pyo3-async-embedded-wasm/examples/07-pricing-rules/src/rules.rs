//! Run rules: scripts with a function `price(order)`, each in a module of its own.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyModule};

use crate::errors::Error;
use crate::order::Order;
use crate::pricing::PyOrder;

/// The scripts in a folder, in the order of their names.
pub fn find(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refuse = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let mut scripts = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.extension() == Some(OsStr::new("py")) {
            scripts.push(path);
        }
    }
    scripts.sort();
    if scripts.is_empty() {
        return Err(Error::NoRules(folder.to_owned()));
    }
    Ok(scripts)
}

/// Lets each script change the order.
pub fn apply(py: Python<'_>, scripts: &[PathBuf], order: Order) -> Result<Order, Error> {
    let order = Bound::new(py, PyOrder(order))?;
    for path in scripts {
        let source = fs::read(path).map_err(|source| Error::Read {
            path: path.clone(),
            source,
        })?;
        run(py, path, &source, &order).map_err(|error| explain(py, error))?;
    }
    let order = order.borrow().0.clone();
    Ok(order)
}

fn run(py: Python<'_>, path: &Path, source: &[u8], order: &Bound<'_, PyOrder>) -> PyResult<()> {
    let name = path.file_stem().unwrap_or_default();
    let name = format!("rules.{}", name.to_string_lossy());
    let module = PyModule::new(py, &name)?;
    // Data classes look their module up; under its bare name it could take the place of another.
    py.import("sys")?
        .getattr("modules")?
        .set_item(&name, &module)?;
    module.setattr("__file__", path)?;
    // By the name of the file Python finds the lines for a traceback; bytes may declare their encoding.
    let source = PyBytes::new(py, source);
    let code = py
        .import("builtins")?
        .call_method1("compile", (source, path, "exec"))?;
    py.import("builtins")?
        .call_method1("exec", (code, module.dict()))?;
    let result = module.getattr("price")?.call1((order,))?;
    if result.is_none() {
        return Ok(());
    }
    // A coroutine, for one, has done nothing yet.
    let text = format!(
        "`price` of `{}` changes the order and returns None, not {result}",
        path.display()
    );
    Err(PyTypeError::new_err(text))
}

/// The error with its traceback, as Python prints it.
fn explain(py: Python<'_>, error: PyErr) -> Error {
    let format = || -> PyResult<String> {
        // `error.value(py)` would come without its traceback before Python 3.12.
        let value = error.clone_ref(py).into_value(py);
        let lines = py
            .import("traceback")?
            .call_method1("format_exception", (value,))?;
        Ok(lines
            .extract::<Vec<String>>()?
            .concat()
            .trim_end()
            .to_owned())
    };
    let text = format().unwrap_or_else(|_| error.to_string());
    Error::Rule {
        text,
        source: error,
    }
}
