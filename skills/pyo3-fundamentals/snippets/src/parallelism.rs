//! Code shown in `references/parallelism.md`.

use std::num::ParseFloatError;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use rayon::prelude::*;

/// Returns the highest of the numbers in a line.
fn highest(line: &str) -> Result<f64, ParseFloatError> {
    let mut highest = f64::NEG_INFINITY;
    for word in line.split_whitespace() {
        highest = highest.max(word.parse()?);
    }
    Ok(highest)
}

// region: rayon
/// Find the highest number in each of many lines; the lines are shared out among the processor's cores.
#[pyfunction]
fn highest_in_each(py: Python<'_>, lines: Vec<PyBackedStr>) -> PyResult<Vec<f64>> {
    let highest: Result<Vec<f64>, _> =
        py.detach(|| lines.par_iter().map(|line| highest(line)).collect());
    Ok(highest?)
}
// endregion: rayon

// region: callback
/// Find the highest number in each of many lines, and report every thousandth line to a callable.
#[pyfunction]
fn highest_with_progress(
    py: Python<'_>,
    lines: Vec<PyBackedStr>,
    report: Py<PyAny>,
) -> PyResult<Vec<f64>> {
    py.detach(|| {
        let work = |(number, line): (usize, &PyBackedStr)| {
            if number % 1_000 == 0 {
                // The tasks of a pool are detached: each attaches for itself.
                Python::attach(|py| report.call1(py, (number,)))?;
            }
            Ok(highest(line)?)
        };
        lines.par_iter().enumerate().map(work).collect()
    })
}
// endregion: callback

#[pymodule]
pub mod parallelism {
    #[pymodule_export]
    use super::{highest_in_each, highest_with_progress};
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn words_are_numbers() {
        assert_eq!(highest("1 3.5 -2"), Ok(3.5));
        assert!(highest("1 x").is_err());
    }
}
