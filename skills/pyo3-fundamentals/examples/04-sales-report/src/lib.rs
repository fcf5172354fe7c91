//! Sum up sales by region, from dictionaries or objects.

mod report;
mod rows;

pub use report::{Line, Report, Sale, median};

#[pyo3::pymodule]
mod _core {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use pyo3::prelude::*;
    use pyo3::types::PyDict;

    use crate::rows::{Row, sales};
    use crate::{Line, Report};

    #[pymodule_export]
    use crate::rows::RowError;

    // region: lazy
    /// Sum up sales by region.
    ///
    /// Args:
    ///     rows: Any iterable of dictionaries or objects with `region`, `product`, `units`, `price` in cents and,
    ///         optionally, `discount` in percent.
    ///     targets: What revenue was hoped for, in cents, by region.
    ///
    /// Returns:
    ///     A dictionary a region, the largest revenue first.
    ///
    /// Raises:
    ///     RowError: A row lacks a field, or has a wrong value; the reason is the `__cause__`.
    #[pyfunction]
    #[pyo3(signature = (rows, *, targets = None))]
    fn summarize(
        rows: &Bound<'_, PyAny>,
        targets: Option<HashMap<String, u64>>,
    ) -> PyResult<Vec<Line>> {
        let mut report = Report::default();
        for sale in sales(rows)? {
            report.add(sale?);
        }
        Ok(report.lines(&targets.unwrap_or_default()))
    }
    // endregion: lazy

    // region: collect
    /// Count the units of each product.
    ///
    /// Args:
    ///     rows: As for `summarize`.
    ///
    /// Returns:
    ///     Units by product, in alphabetical order.
    ///
    /// Raises:
    ///     RowError: As for `summarize`.
    #[pyfunction]
    #[pyo3(signature = (rows, /))]
    fn units_by_product(rows: &Bound<'_, PyAny>) -> PyResult<BTreeMap<String, u64>> {
        let mut units = BTreeMap::new();
        for sale in sales(rows)? {
            let sale = sale?;
            *units.entry(sale.product).or_insert(0) += u64::from(sale.units);
        }
        Ok(units)
    }

    /// Return the regions that have sales.
    ///
    /// Args:
    ///     rows: As for `summarize`.
    ///
    /// Returns:
    ///     The names of the regions.
    ///
    /// Raises:
    ///     RowError: As for `summarize`.
    #[pyfunction]
    #[pyo3(signature = (rows, /))]
    fn regions(rows: &Bound<'_, PyAny>) -> PyResult<HashSet<String>> {
        sales(rows)?.map(|sale| Ok(sale?.region)).collect()
    }
    // endregion: collect

    // region: vec
    /// Find the price in the middle.
    ///
    /// Args:
    ///     rows: A sequence of dictionaries; all of them are in memory twice for a while.
    ///
    /// Returns:
    ///     The median of the prices in cents, the lower one of two; none if there are no rows.
    ///
    /// Raises:
    ///     TypeError: The rows are no sequence, or one has a wrong value.
    ///     KeyError: A row lacks a field.
    #[pyfunction]
    #[pyo3(signature = (rows, /))]
    fn median_price(py: Python<'_>, rows: Vec<Row>) -> Option<u32> {
        py.detach(|| crate::median(rows.iter().map(|row| row.cents).collect()))
    }
    // endregion: vec

    // region: dict
    /// Compare revenues with targets.
    ///
    /// Args:
    ///     revenues: Cents by region.
    ///     targets: Cents by region.
    ///
    /// Returns:
    ///     How many percent were reached, by the regions that have a target; none without a revenue, or for a target of 0.
    #[pyfunction]
    #[pyo3(signature = (revenues, targets, /))]
    fn attainment<'py>(
        revenues: &Bound<'py, PyDict>,
        targets: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let reached = PyDict::new(targets.py());
        // A list of the items: `extract` may run Python code, and iterating over a dict that it changes panics.
        for item in targets.items() {
            let (region, target): (Bound<'py, PyAny>, u64) = item.extract()?;
            let percent = match revenues.get_item(&region)? {
                Some(revenue) if target > 0 => {
                    Some(revenue.extract::<f64>()? / target as f64 * 100.0)
                }
                _ => None,
            };
            reached.set_item(region, percent)?;
        }
        Ok(reached)
    }
    // endregion: dict
}
