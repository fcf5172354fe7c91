//! Code shown in `references/abi3.md`.

#[pyo3::pymodule]
pub mod abi3 {
    use pyo3::exceptions::{PyOverflowError, PyValueError};
    use pyo3::prelude::*;

    // region: run-time
    /// Names the row that an error is about: in a note where Python has notes, else in a cause.
    fn in_row(py: Python<'_>, error: PyErr, row: usize) -> PyResult<PyErr> {
        let place = format!("in row {row}");
        if py.version_info() >= (3, 11) {
            error.value(py).call_method1("add_note", (place,))?;
            return Ok(error);
        }
        let outer = PyValueError::new_err(place);
        outer.set_cause(py, Some(error));
        Ok(outer)
    }
    // endregion: run-time

    /// Add up amounts that are given as text.
    #[pyfunction]
    #[pyo3(signature = (rows))]
    fn total(py: Python<'_>, rows: Vec<String>) -> PyResult<i64> {
        let mut sum: i64 = 0;
        for (index, row) in rows.iter().enumerate() {
            let added = row.parse().map_err(PyErr::from).and_then(|amount| {
                sum.checked_add(amount)
                    .ok_or_else(|| PyOverflowError::new_err("the sum does not fit into 64 bits"))
            });
            sum = match added {
                Ok(sum) => sum,
                Err(error) => return Err(in_row(py, error, index + 1)?),
            };
        }
        Ok(sum)
    }
}
