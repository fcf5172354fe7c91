//! What Python uses: a router that is made of a configuration, and its decisions.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::check::{find_problems, find_route};
use crate::errors::{explain, refuse};
use crate::model::{Action, Config};
use crate::table::table;

/// A router, as a configuration says.
///
/// Args:
///     config: A dict, as `tomllib` makes it, or a dataclass with the same fields.
///
/// Raises:
///     ConfigError: If a field is missing, unknown, or of another type, or if what the fields say makes no sense.
#[pyclass(frozen, module = "router_config")]
pub struct Router {
    config: Config,
}

#[pymethods]
impl Router {
    #[new]
    fn new(config: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = config.py();
        let config = as_dict(config)?;
        let config: Config = table(&config).map_err(|error| explain(py, error))?;
        let problems = find_problems(&config);
        if !problems.is_empty() {
            return Err(refuse(problems));
        }
        Ok(Self { config })
    }

    /// Return the configuration as a dict, with all defaults, of which the same router can be made.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.config.clone().into_pyobject(py)
    }

    /// Find out what to do with a request; None if no route fits.
    ///
    /// Args:
    ///     method: `GET` and so on.
    ///     host: The host that the request names, without a port.
    ///     path: The path, without a query.
    fn find(&self, method: &str, host: &str, path: &str) -> Option<Decision> {
        let route = find_route(&self.config, method, host, path)?;
        let action = self.config.routes[route].action.clone();
        Some(Decision { route, action })
    }

    fn __repr__(&self) -> String {
        let (routes, upstreams) = (self.config.routes.len(), self.config.upstreams.len());
        format!("<Router {routes} route(s), {upstreams} upstream(s)>")
    }
}

/// Returns a dict of a dataclass, with those of all that it has; whatever else stays.
fn as_dict<'py>(config: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let dataclasses = config.py().import("dataclasses")?;
    let is_dataclass = dataclasses.call_method1("is_dataclass", (config,))?;
    if is_dataclass.is_truthy()? && !config.is_instance_of::<PyType>() {
        return dataclasses.call_method1("asdict", (config,));
    }
    Ok(config.clone())
}

/// What to do with a request.
struct Decision {
    route: usize,
    action: Action,
}

// region: dataclass
/// A dataclass of Python, made by its own constructor.
impl<'py> IntoPyObject<'py> for Decision {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "router_config.model", "Decision")?;
        let (kind, target, status) = match self.action {
            Action::Upstream { upstream } => ("upstream", upstream, None),
            Action::Redirect { redirect } => ("redirect", redirect.location, Some(redirect.status)),
            Action::Respond { respond } => ("respond", respond.body, Some(respond.status)),
        };
        class.call1((self.route, kind, target, status))
    }
}
// endregion: dataclass
