//! The layer for Python: rules to ask, and all errors of a text at once.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::MissingSampleError;
use crate::parser::{Document, parse};

/// Rules that say when to alert.
///
/// Each line is a name, a colon and a condition, as in `slow: latency > 250ms and not load < 5%`. A `#` begins a comment.
///
/// Args:
///     text: The rules.
///
/// Raises:
///     RuleError: If something is wrong with the text; the first error of it.
#[pyclass(frozen)]
#[pyo3(module = "alert_rules")]
pub struct Rules {
    text: String,
    document: Document,
}

#[pymethods]
impl Rules {
    #[new]
    fn new(py: Python<'_>, text: String) -> PyResult<Self> {
        let (document, errors) = py.detach(|| parse(&text));
        match errors.into_iter().next() {
            Some(error) => Err(error.into_py_err(py)),
            None => Ok(Self { text, document }),
        }
    }

    /// The names of the rules, in the order of the text.
    #[getter]
    fn names(&self) -> Vec<&str> {
        let rules = self.document.rules.iter();
        rules.map(|rule| rule.name.as_str()).collect()
    }

    /// The names of the metrics that have samples.
    #[getter]
    fn metrics(&self) -> Vec<&str> {
        self.document.metrics.iter().map(String::as_str).collect()
    }

    /// Return the names of the rules that fire.
    ///
    /// Args:
    ///     samples: A number for each metric, in seconds, bytes or ones; metrics that no rule is about are ignored.
    ///
    /// Raises:
    ///     MissingSampleError: If a rule needs a metric that has no sample.
    ///     TypeError: If a sample is not a number.
    #[pyo3(signature = (samples, /))]
    fn firing(&self, samples: &Bound<'_, PyDict>) -> PyResult<Vec<&str>> {
        let mut values = Vec::with_capacity(self.document.metrics.len());
        for metric in &self.document.metrics {
            let value = samples.get_item(metric)?;
            values.push(value.map(|value| value.extract::<f64>()).transpose()?);
        }
        let mut names = Vec::new();
        for rule in &self.document.rules {
            match rule.condition.holds(&values) {
                Ok(true) => names.push(rule.name.as_str()),
                Ok(false) => {}
                Err(metric) => {
                    let metric = self.document.metrics[metric].clone();
                    let (name, line) = (rule.name.clone(), rule.line);
                    return Err(MissingSampleError::new_err((metric, name, line)));
                }
            }
        }
        Ok(names)
    }

    fn __len__(&self) -> usize {
        self.document.rules.len()
    }

    fn __repr__(&self) -> String {
        format!("<Rules of {} rules>", self.document.rules.len())
    }

    fn __getnewargs__(&self) -> (&str,) {
        (&self.text,)
    }
}

/// Return all that is wrong with a text, at most one error a line.
///
/// Args:
///     text: The rules.
///
/// Returns:
///     Exceptions that were not raised, in the order of the lines.
#[pyfunction]
#[pyo3(signature = (text, /))]
pub fn check(py: Python<'_>, text: &str) -> Vec<PyErr> {
    let (_, errors) = py.detach(|| parse(text));
    let errors = errors.into_iter();
    errors.map(|error| error.into_py_err(py)).collect()
}
