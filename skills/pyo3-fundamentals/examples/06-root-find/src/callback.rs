//! The layer for Python: everything here that calls an object of Python.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyString, PyTuple};

use crate::search::{Interval, SearchError, bisect};

impl From<SearchError> for PyErr {
    fn from(error: SearchError) -> Self {
        PyValueError::new_err(error.to_string())
    }
}

/// A root, and what it took to find it.
///
/// Attributes:
///     x: Where the function crosses zero.
///     calls: How often the function was called.
#[pyclass(frozen, get_all, module = "root_find")]
pub struct Root {
    x: f64,
    calls: usize,
}

#[pymethods]
impl Root {
    fn __repr__(&self) -> String {
        format!("Root(x={:?}, calls={})", self.x, self.calls)
    }
}

// region: find
/// Find a root of a continuous function by bisection.
///
/// Args:
///     function: What to search: a callable of one number, or the name of a function of `math`.
///     low: The lower end of the interval; the function has another sign here than at `high`.
///     high: The upper end of the interval.
///     tolerance: How wide the interval around the root may still be.
///     parameters: Passed on to the function by name, with every call.
///     observer: An object whose `on_step(low, high)` is called with the interval after each step.
///
/// Returns:
///     The root, and the number of calls.
///
/// Raises:
///     TypeError: If the function can't be called, or returns what is not a real number.
///     ValueError: If the interval is none, the function has the same sign at both ends or is NaN, or `math` has no
///         function of that name.
///     Exception: Whatever the function or the observer raises, unchanged.
#[pyfunction]
#[pyo3(signature = (function, low, high, *, tolerance = 1e-12, parameters = None, observer = None))]
pub fn find_root(
    function: &Bound<'_, PyAny>,
    low: f64,
    high: f64,
    tolerance: f64,
    parameters: Option<&Bound<'_, PyDict>>,
    observer: Option<&Bound<'_, PyAny>>,
) -> PyResult<Root> {
    let function = resolve(function)?;
    let found = bisect(
        Interval {
            low,
            high,
            tolerance,
        },
        |x| number(&function, x, function.call((x,), parameters)?),
        |low, high| observer.map_or(Ok(()), |observer| notify(observer, low, high)),
    )?;
    Ok(Root {
        x: found.x,
        calls: found.calls,
    })
}
// endregion: find

// region: method
/// Calls the observer's method; `intern!` makes the name a Python string once, not at each call.
fn notify(observer: &Bound<'_, PyAny>, low: f64, high: f64) -> PyResult<()> {
    observer.call_method1(intern!(observer.py(), "on_step"), (low, high))?;
    Ok(())
}
// endregion: method

// region: import
/// Returns the callable itself, or the function of `math` that is meant.
fn resolve<'py>(function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    if let Ok(name) = function.cast::<PyString>() {
        let found = py.import(intern!(py, "math"))?.getattr_opt(name)?;
        return found
            .filter(|found| found.is_callable())
            .ok_or_else(|| PyValueError::new_err(format!("`math` has no function `{name}`")));
    }
    if function.is_callable() {
        return Ok(function.clone());
    }
    let kind = function.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "expected a function or the name of one, found an object of type `{kind}`"
    )))
}
// endregion: import

// region: number
/// Takes what the function returned as a number.
///
/// The conversion may call `__float__`, which is Python code as well: only the `TypeError` of an object that is no
/// number gets a message of ours, with the original as its cause. Anything else passes, `KeyboardInterrupt` included.
fn number(function: &Bound<'_, PyAny>, x: f64, returned: Bound<'_, PyAny>) -> PyResult<f64> {
    let py = function.py();
    returned.extract::<f64>().or_else(|cause| {
        if !cause.is_instance_of::<PyTypeError>(py) {
            return Err(cause);
        }
        let kind = returned.get_type().name()?;
        let message = format!(
            "expected a number, `{}` returned `{kind}` for {x}",
            name_of(function)?
        );
        let error = PyTypeError::new_err(message);
        error.set_cause(py, Some(cause));
        Err(error)
    })
}

/// Functions have a name; other callables may have none, and are shown as Python shows them.
fn name_of(function: &Bound<'_, PyAny>) -> PyResult<String> {
    match function.getattr_opt(intern!(function.py(), "__name__"))? {
        Some(name) => Ok(name.to_string()),
        None => Ok(function.repr()?.to_string()),
    }
}
// endregion: number

// region: closure
/// Make the function `x -> function(x) - target`: its root is where the function has the value `target`.
///
/// Args:
///     function: A callable of one number, or the name of a function of `math`.
///     target: The value to look for.
///
/// Returns:
///     A function of one number, which calls `function`.
#[pyfunction]
#[pyo3(signature = (function, target))]
pub fn difference<'py>(
    function: &Bound<'py, PyAny>,
    target: f64,
) -> PyResult<Bound<'py, PyCFunction>> {
    let py = function.py();
    let function = resolve(function)?.unbind();
    let closure =
        move |args: &Bound<'_, PyTuple>, keywords: Option<&Bound<'_, PyDict>>| -> PyResult<f64> {
            let (x,): (f64,) = args.extract()?;
            let function = function.bind(args.py());
            Ok(number(function, x, function.call((x,), keywords)?)? - target)
        };
    PyCFunction::new_closure(
        py,
        Some(c"difference"),
        Some(c"A function minus a constant."),
        closure,
    )
}
// endregion: closure
