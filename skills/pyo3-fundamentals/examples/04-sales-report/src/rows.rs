//! Rows of Python become sales, or errors that name the row and the field.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyMapping;

use crate::Sale;

create_exception!(
    sales_report,
    RowError,
    PyValueError,
    "A row is not a sale.

Attributes:
    row: Which one it is, counted from 0."
);

// region: from-item
/// A row as a dictionary.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Row {
    region: String,
    product: String,
    units: u32,
    #[pyo3(item("price"))]
    pub cents: u32,
    #[pyo3(default)]
    discount: Percent,
}
// endregion: from-item

// region: from-attribute
/// A row as an object, such as a dataclass.
#[derive(FromPyObject)]
struct Record {
    region: String,
    product: String,
    units: u32,
    #[pyo3(attribute("price"))]
    cents: u32,
    #[pyo3(default)]
    discount: Percent,
}
// endregion: from-attribute

// region: by-hand
#[derive(Default)]
struct Percent(u8);

impl<'a, 'py> FromPyObject<'a, 'py> for Percent {
    type Error = PyErr;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        match value.extract()? {
            percent @ 0..=100 => Ok(Self(percent)),
            percent => Err(PyValueError::new_err(format!(
                "{percent} is more than 100 percent"
            ))),
        }
    }
}
// endregion: by-hand

impl From<Row> for Sale {
    fn from(row: Row) -> Self {
        Self {
            region: row.region,
            product: row.product,
            units: row.units,
            price: row.cents,
            discount: row.discount.0,
        }
    }
}

impl From<Record> for Sale {
    fn from(record: Record) -> Self {
        Self {
            region: record.region,
            product: record.product,
            units: record.units,
            price: record.cents,
            discount: record.discount.0,
        }
    }
}

// region: iterate
/// Takes one row after the other from anything that can be iterated over.
pub fn sales<'py>(
    rows: &Bound<'py, PyAny>,
) -> PyResult<impl Iterator<Item = PyResult<Sale>> + use<'py>> {
    Ok(rows.try_iter()?.enumerate().map(|(number, row)| {
        let row = row?;
        sale(&row).map_err(|error| row_error(row.py(), number, error))
    }))
}

fn sale(row: &Bound<'_, PyAny>) -> PyResult<Sale> {
    if row.cast::<PyMapping>().is_ok() {
        Ok(row.extract::<Row>()?.into())
    } else {
        Ok(row.extract::<Record>()?.into())
    }
}
// endregion: iterate

// region: row-error
/// Says which row it was; what is no `Exception`, such as KeyboardInterrupt, stays what it is.
fn row_error(py: Python<'_>, number: usize, error: PyErr) -> PyErr {
    let interrupts = |error: &PyErr| !error.is_instance_of::<PyException>(py);
    if interrupts(&error) {
        return error;
    }
    // What the derived code raises is a TypeError that names the field, and has the reason as its cause.
    let cause = error.cause(py);
    let reason = match cause {
        Some(cause) if interrupts(&cause) => return cause,
        Some(cause) => format!(": {}", cause.value(py)),
        None => String::new(),
    };
    let wrapped = RowError::new_err(format!("row {number}: {error}{reason}"));
    wrapped.set_cause(py, Some(error));
    match wrapped.value(py).setattr("row", number) {
        Ok(()) => wrapped,
        Err(failure) => failure,
    }
}
// endregion: row-error

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use pyo3::types::{PyDict, PySet};

    #[test]
    #[should_panic(expected = "dictionary changed size during iteration")]
    fn a_dict_that_changes_while_it_is_iterated_over_panics() {
        Python::initialize();
        Python::attach(|py| {
            let prices = PyDict::new(py);
            let _ = prices.set_item("apple", 45);
            for (name, price) in &prices {
                let _ = prices.set_item(format!("{name} again"), price);
            }
        });
    }

    // region: accepted
    #[test]
    fn what_each_collection_accepts() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            for (expression, expected) in [
                (c"[1]", [true, false, false]),
                (c"(1,)", [true, false, false]),
                (c"iter([1])", [false, false, false]),
                (c"'1'", [false, false, false]),
                (c"{1}", [false, true, false]),
                (c"frozenset({1})", [false, true, false]),
                (c"{1: 1}", [false, false, true]),
            ] {
                let value = py.eval(expression, None, None)?;
                let accepted = [
                    value.extract::<Vec<i64>>().is_ok(),
                    value.extract::<BTreeSet<i64>>().is_ok(),
                    value.extract::<BTreeMap<i64, i64>>().is_ok(),
                ];
                assert_eq!(accepted, expected, "{expression:?}");
            }
            Ok(())
        })
    }
    // endregion: accepted

    #[test]
    fn a_sorted_set_of_rust_is_a_set_without_order() -> PyResult<()> {
        Python::initialize();
        Python::attach(|py| {
            assert!(
                BTreeSet::from([1])
                    .into_pyobject(py)?
                    .is_exact_instance_of::<PySet>()
            );
            Ok(())
        })
    }
}
