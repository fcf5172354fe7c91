//! Code shown in `references/versions.md`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A price, in cents.
struct Price(i64);

// region: from
// Until 0.26: `impl<'py> FromPyObject<'py>` with `fn extract_bound(ob: &Bound<'py, PyAny>) -> PyResult<Self>`.
impl FromPyObject<'_, '_> for Price {
    type Error = PyErr;

    fn extract(price: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        // Computed by the object itself: a `Decimal` stays exact, NaN and what is too large are refused.
        let round = price.py().import("builtins")?.getattr("round")?;
        Ok(Self(round.call1((price.mul(100)?,))?.extract()?))
    }
}
// endregion: from

// region: into
// Until 0.22: `impl IntoPy<PyObject>` with `fn into_py(self, py: Python<'_>) -> PyObject`, which could not fail.
impl<'py> IntoPyObject<'py> for Price {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        // Until 0.25: `GILOnceCell`.
        static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let decimal = DECIMAL.import(py, "decimal", "Decimal")?;
        decimal.call1((self.0,))?.call_method1("scaleb", (-2,))
    }
}
// endregion: into

#[pyo3::pymodule]
pub mod versions {
    use pyo3::exceptions::PyOverflowError;
    use pyo3::prelude::*;
    use pyo3::types::{PyInt, PyList, PyString};

    use super::Price;

    /// Add up prices.
    #[pyfunction]
    #[pyo3(signature = (prices))]
    fn total(prices: Vec<Price>) -> PyResult<Price> {
        let mut cents = prices.iter().map(|price| price.0);
        cents
            .try_fold(0, i64::checked_add)
            .map(Price)
            .ok_or_else(|| PyOverflowError::new_err("the total does not fit into 64 bits"))
    }

    // region: today
    /// Write the numbers and strings of a list as one string.
    // Until 0.20: `items: &PyList`, and `-> PyObject`.
    #[pyfunction]
    #[pyo3(signature = (items, separator = None))]
    fn joined(items: &Bound<'_, PyList>, separator: Option<&str>) -> PyResult<Py<PyAny>> {
        let py = items.py();
        let mut parts: Vec<String> = Vec::new();
        for item in items {
            // Until 0.26: `downcast`. Until 0.22: `PyLong`, and `is_instance_of::<PyUnicode>()`.
            if let Ok(number) = item.cast::<PyInt>() {
                parts.push(number.to_string());
            } else if item.is_instance_of::<PyString>() {
                parts.push(item.extract()?);
            }
        }
        // Until 0.25: `py.allow_threads`.
        let text = py.detach(|| parts.join(separator.unwrap_or(" ")));
        // Until 0.22: `text.into_py(py)`. Until 0.24: `PyString::new_bound`.
        Ok(PyString::new(py, &text).into_any().unbind())
    }
    // endregion: today
}

#[cfg(test)]
mod tests {
    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    // region: initialize
    #[test]
    fn prices_are_decimals() -> PyResult<()> {
        // Until 0.25: `pyo3::prepare_freethreaded_python()` and `Python::with_gil`.
        Python::initialize();
        Python::attach(|py| {
            let names = PyDict::new(py);
            names.set_item("price", super::Price(1999))?;
            // Until 0.22: `&str`.
            py.run(c"assert str(price) == '19.99'", None, Some(&names))
        })
    }
    // endregion: initialize
}
