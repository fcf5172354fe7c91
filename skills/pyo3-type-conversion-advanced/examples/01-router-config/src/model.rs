//! The configuration as Rust types. What is derived reads a dict and makes one.

use std::collections::BTreeMap;
use std::time::Duration;

use pyo3::prelude::*;

use crate::table::{Table, named_tables, read_span, read_whole, table, tables, take_one};

// region: config
#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Config {
    pub listen: Listen,
    #[pyo3(from_py_with = table, default)]
    pub timeouts: Timeouts,
    #[pyo3(from_py_with = named_tables, default)]
    pub upstreams: BTreeMap<String, Upstream>,
    #[pyo3(from_py_with = tables)]
    pub routes: Vec<Route>,
}
// endregion: config

/// A port of this machine, or an address.
#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
pub enum Listen {
    #[pyo3(transparent, annotation = "int")]
    Port(Port),
    #[pyo3(transparent, annotation = "str")]
    Address(String),
}

#[derive(Clone, Copy, Debug, IntoPyObject, PartialEq)]
pub struct Port(pub u16);

impl FromPyObject<'_, '_> for Port {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        Ok(Self(read_whole(&value)?))
    }
}

#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Timeouts {
    #[pyo3(from_py_with = read_span)]
    pub request: Duration,
    #[pyo3(from_py_with = read_span, default = Duration::from_secs(5))]
    pub connect: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(60),
            connect: Duration::from_secs(5),
        }
    }
}

#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Upstream {
    pub servers: Vec<String>,
    #[pyo3(from_py_with = read_whole, default = 1)]
    pub retries: u8,
}

#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Route {
    pub path: String,
    pub action: Action,
    #[pyo3(default)]
    pub host: Option<String>,
    /// None of them is any.
    #[pyo3(default)]
    pub methods: Vec<String>,
}

// region: action
/// What is done with a request: a table with one key, which says what.
#[derive(Clone, Debug, IntoPyObject, PartialEq)]
pub enum Action {
    Upstream { upstream: String },
    Redirect { redirect: Redirect },
    Respond { respond: Respond },
}

/// By hand: a derived enum tries each variant, and would list three errors for one mistyped field.
impl FromPyObject<'_, '_> for Action {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let (key, value) = take_one(&object, &["upstream", "redirect", "respond"])?;
        Ok(match key {
            "upstream" => Self::Upstream {
                upstream: value.extract()?,
            },
            "redirect" => Self::Redirect {
                redirect: table(&value)?,
            },
            _ => Self::Respond {
                respond: table(&value)?,
            },
        })
    }
}
// endregion: action

#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Redirect {
    #[pyo3(item("to"))]
    pub location: String,
    #[pyo3(from_py_with = read_whole, default = 308)]
    pub status: u16,
}

#[derive(Clone, Debug, FromPyObject, IntoPyObject, PartialEq)]
#[pyo3(from_item_all)]
pub struct Respond {
    #[pyo3(from_py_with = read_whole)]
    pub status: u16,
    #[pyo3(default)]
    pub body: String,
}

impl Table for Config {
    const REQUIRED: &[&str] = &["listen", "routes"];
    const OPTIONAL: &[&str] = &["timeouts", "upstreams"];
}

impl Table for Timeouts {
    const REQUIRED: &[&str] = &["request"];
    const OPTIONAL: &[&str] = &["connect"];
}

impl Table for Upstream {
    const REQUIRED: &[&str] = &["servers"];
    const OPTIONAL: &[&str] = &["retries"];
}

impl Table for Route {
    const REQUIRED: &[&str] = &["path", "action"];
    const OPTIONAL: &[&str] = &["host", "methods"];
}

impl Table for Redirect {
    const REQUIRED: &[&str] = &["to"];
    const OPTIONAL: &[&str] = &["status"];
}

impl Table for Respond {
    const REQUIRED: &[&str] = &["status"];
    const OPTIONAL: &[&str] = &["body"];
}
