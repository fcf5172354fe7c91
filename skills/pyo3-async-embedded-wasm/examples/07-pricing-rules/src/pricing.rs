//! The module `pricing` that rules import: what they see of an order, and what they may do to it.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::money::Money;
use crate::order::{Line, Order};

#[pymodule(name = "pricing")]
pub mod built_in {
    #[pymodule_export]
    use super::{PyLine, PyOrder};
}

/// A line of an order.
#[pyclass(name = "Line", module = "pricing", frozen)]
#[derive(Clone)]
pub struct PyLine(Line);

#[pymethods]
impl PyLine {
    #[getter]
    fn sku(&self) -> &str {
        &self.0.sku
    }

    #[getter]
    fn quantity(&self) -> u32 {
        self.0.quantity
    }

    #[getter]
    fn price<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.price)
    }

    #[getter]
    fn amount<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.amount)
    }
}

/// An order that is being priced.
#[pyclass(name = "Order", module = "pricing")]
pub struct PyOrder(pub Order);

#[pymethods]
impl PyOrder {
    #[getter]
    fn customer(&self) -> &str {
        &self.0.customer
    }

    #[getter]
    fn lines(&self) -> Vec<PyLine> {
        self.0.lines.iter().cloned().map(PyLine).collect()
    }

    #[getter]
    fn subtotal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.subtotal())
    }

    #[getter]
    fn total<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal(py, self.0.total())
    }

    /// Return how many pieces of a product are ordered.
    fn quantity(&self, sku: &str) -> u64 {
        let lines = self.0.lines.iter().filter(|line| line.sku == sku);
        lines.map(|line| u64::from(line.quantity)).sum()
    }

    /// Take off a share of the total so far, in per cent.
    fn discount(&mut self, percent: &Bound<'_, PyAny>, reason: String) -> PyResult<()> {
        let Money(share) = amount(percent)?;
        if !(0..=10_000).contains(&share) {
            let text = format!("a discount is between 0 and 100 per cent, not {percent}");
            return Err(PyValueError::new_err(text));
        }
        let Money(cents) = self.0.total().share(share);
        self.0.changes.push((reason, Money(-cents)));
        Ok(())
    }

    /// Add an amount.
    fn charge(&mut self, value: &Bound<'_, PyAny>, reason: String) -> PyResult<()> {
        let sum = amount(value)?;
        if sum < Money(0) {
            return Err(PyValueError::new_err(format!(
                "a charge is not negative: {sum}"
            )));
        }
        self.0.changes.push((reason, sum));
        Ok(())
    }
}

/// An amount as Python counts money.
fn decimal(py: Python<'_>, amount: Money) -> PyResult<Bound<'_, PyAny>> {
    static DECIMAL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = || Ok::<_, PyErr>(py.import("decimal")?.getattr("Decimal")?.unbind());
    DECIMAL
        .get_or_try_init(py, make)?
        .bind(py)
        .call1((amount.to_string(),))
}

/// A `Decimal`, an integer, a float or a text as an exact amount.
fn amount(value: &Bound<'_, PyAny>) -> PyResult<Money> {
    let text = value.str()?;
    text.to_str()?.parse().map_err(PyValueError::new_err)
}
