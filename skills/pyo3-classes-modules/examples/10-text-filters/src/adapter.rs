//! A filter around any Python object that keeps the contract.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;
use pyo3::{PyTraverseError, PyVisit};

use crate::errors::Error;
use crate::filter::{Filter, SUPPORTED_VERSIONS};
use crate::problem::{Failure, Reason};

/// A plugin in Python, or in another extension: to Rust they look the same.
pub struct PythonFilter {
    name: String,
    api_version: u32,
    object: Py<PyAny>,
}

impl PythonFilter {
    /// Calls `find` for a class or an instance, and checks that it keeps the contract.
    ///
    /// # Errors
    ///
    /// The first step that failed.
    pub fn load(name: &str, find: &Bound<'_, PyAny>) -> Result<Self, Failure> {
        let py = find.py();
        let target = find
            .call0()
            .map_err(|error| Failure::new(Reason::Import, error))?;
        let object = if target.is_instance_of::<PyType>() {
            target
                .call0()
                .map_err(|error| Failure::new(Reason::Constructor, error))?
        } else {
            target
        };
        let api_version =
            find_version(&object).map_err(|error| Failure::new(Reason::Version, error))?;
        let apply = object
            .getattr_opt(intern!(py, "apply"))
            .map_err(|error| Failure::new(Reason::Contract, error))?;
        if !apply.is_some_and(|apply| apply.is_callable()) {
            return Err(Failure::new(Reason::Contract, Error::Lacks("apply")));
        }
        Ok(Self {
            name: name.to_owned(),
            api_version,
            object: object.unbind(),
        })
    }
}

/// Reads the version before anything else: what else there must be depends on it.
fn find_version(object: &Bound<'_, PyAny>) -> PyResult<u32> {
    let version = object
        .getattr_opt(intern!(object.py(), "api_version"))?
        .ok_or(Error::Lacks("api_version"))?
        .extract()?;
    let (oldest, newest) = (*SUPPORTED_VERSIONS.start(), *SUPPORTED_VERSIONS.end());
    if version < oldest {
        Err(Error::TooOld(version, oldest).into())
    } else if version > newest {
        Err(Error::TooNew(version, newest).into())
    } else {
        Ok(version)
    }
}

impl Filter for PythonFilter {
    fn name(&self) -> &str {
        &self.name
    }

    fn api_version(&self) -> u32 {
        self.api_version
    }

    // region: apply
    fn apply(&self, text: &str) -> Result<String, Failure> {
        Python::attach(|py| {
            self.object
                .call_method1(py, intern!(py, "apply"), (text,))
                .map_err(|error| Failure::new(Reason::Apply, error))?
                .extract(py)
                .map_err(|error: PyErr| Failure::new(Reason::Result, error))
        })
    }
    // endregion: apply

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)
    }
}
