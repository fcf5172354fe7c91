//! Filters in a pipeline: those of this crate, and plugins written by others.

use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

pub mod adapter;
pub mod errors;
pub mod filter;
pub mod problem;

use adapter::PythonFilter;
use filter::Filter;
use problem::{Failure, Problem};

/// A filter that keeps the contract, ready for a pipeline.
///
/// `Registry` makes them.
#[pyclass(frozen)]
#[pyo3(module = "text_filters")]
pub struct Plugin {
    filter: Box<dyn Filter>,
    /// The installed distribution that it was found by; None if it is built in or registered.
    #[pyo3(get)]
    distribution: Option<String>,
}

#[pymethods]
impl Plugin {
    /// The name that it is registered by.
    #[getter]
    fn name(&self) -> &str {
        self.filter.name()
    }

    /// The version of the contract that it was written for.
    #[getter]
    fn api_version(&self) -> u32 {
        self.filter.api_version()
    }

    fn __repr__(&self) -> String {
        format!("<Plugin {:?}>", self.filter.name())
    }

    // A plugin may well keep the pipeline that it is part of.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.filter.traverse(&visit)
    }
}

/// Filters that run one after the other.
///
/// Args:
///     plugins: The filters, in the order in which they run.
#[pyclass(frozen)]
#[pyo3(module = "text_filters")]
pub struct Pipeline {
    plugins: Vec<Py<Plugin>>,
}

#[pymethods]
impl Pipeline {
    #[new]
    fn new(plugins: Vec<Py<Plugin>>) -> Self {
        Self { plugins }
    }

    /// Run a text through all filters.
    ///
    /// A filter that fails is skipped: the next one gets the text that the failed one got. Other
    /// Python threads run while the filters in Rust do.
    ///
    /// Args:
    ///     text: The text to filter.
    ///
    /// Returns:
    ///     The filtered text, and a report of each filter that was skipped.
    ///
    /// Raises:
    ///     BaseException: What is no `Exception`, such as `SystemExit` and Ctrl-C, and `MemoryError`.
    fn run(&self, py: Python<'_>, text: &str) -> PyResult<(String, Vec<Problem>)> {
        let (text, failures) = py.detach(|| chain(self.plugins.iter().map(Py::get), text))?;
        let problems = failures.into_iter().map(|(plugin, failure)| {
            Problem::report(
                py,
                plugin.filter.name(),
                plugin.distribution.clone(),
                failure,
            )
        });
        Ok((text, problems.collect()))
    }

    fn __len__(&self) -> usize {
        self.plugins.len()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.plugins
            .iter()
            .try_for_each(|plugin| visit.call(plugin))
    }
}

/// Applies each plugin to what the last one made of the text, and collects the failures.
fn chain<'a>(
    plugins: impl Iterator<Item = &'a Plugin>,
    text: &str,
) -> PyResult<(String, Vec<(&'a Plugin, Failure)>)> {
    let mut text = text.to_owned();
    let mut failures = Vec::new();
    for plugin in plugins {
        match plugin.filter.apply(&text) {
            Ok(filtered) => text = filtered,
            Err(failure) if !failure.is_fault() => return Err(failure.error),
            Err(failure) => failures.push((plugin, failure)),
        }
    }
    Ok((text, failures))
}

/// List the filters that are part of this package.
///
/// Returns:
///     The filters, in a fixed order.
#[pyfunction]
pub fn built_in() -> Vec<Plugin> {
    let plugins = filter::built_in().into_iter().map(|filter| Plugin {
        filter,
        distribution: None,
    });
    plugins.collect()
}

/// A plugin, or the report of why there is none.
#[derive(IntoPyObject)]
pub enum Loaded {
    /// The plugin keeps the contract.
    Plugin(Plugin),
    /// It doesn't.
    Problem(Problem),
}

/// Load a plugin, and report what it does wrong instead of raising it.
///
/// Args:
///     name: The name to register it by.
///     distribution: The installed distribution that it comes from.
///     find: Called without arguments; returns the plugin's class or an instance.
///
/// Returns:
///     The plugin, or the report of the step that failed.
///
/// Raises:
///     BaseException: What is no `Exception`, such as `SystemExit` and Ctrl-C, and `MemoryError`.
#[pyfunction]
pub fn load(name: &str, distribution: Option<String>, find: &Bound<'_, PyAny>) -> PyResult<Loaded> {
    match PythonFilter::load(name, find) {
        Ok(filter) => Ok(Loaded::Plugin(Plugin {
            filter: Box::new(filter),
            distribution,
        })),
        Err(failure) if !failure.is_fault() => Err(failure.error),
        Err(failure) => {
            let problem = Problem::report(find.py(), name, distribution, failure);
            Ok(Loaded::Problem(problem))
        }
    }
}

#[pyo3::pymodule]
mod _core {
    /// The newest version of the contract; a plugin writes the number that it was made for.
    #[pymodule_export]
    const API_VERSION: u32 = crate::filter::API_VERSION;

    #[pymodule_export]
    use crate::problem::{Problem, Reason};
    #[pymodule_export]
    use crate::{Pipeline, Plugin, built_in, load};
}

#[cfg(test)]
mod tests {
    use pyo3::exceptions::PyValueError;

    use super::*;
    use crate::problem::Reason;

    struct Broken;

    impl Filter for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn apply(&self, _text: &str) -> Result<String, Failure> {
            Err(Failure::new(Reason::Apply, PyValueError::new_err("no")))
        }
    }

    fn plugin(filter: impl Filter + 'static) -> Plugin {
        Plugin {
            filter: Box::new(filter),
            distribution: None,
        }
    }

    #[test]
    fn a_filter_that_fails_is_skipped() {
        Python::initialize();
        let plugins = [
            plugin(filter::Trim),
            plugin(Broken),
            plugin(filter::Uppercase),
        ];
        let (text, failures) = chain(plugins.iter(), " straße ").unwrap();
        assert_eq!(text, "STRASSE");
        let failed = failures.iter();
        let failed = failed.map(|(plugin, failure)| (plugin.filter.name(), failure.reason));
        assert_eq!(failed.collect::<Vec<_>>(), [("broken", Reason::Apply)]);
    }
}
