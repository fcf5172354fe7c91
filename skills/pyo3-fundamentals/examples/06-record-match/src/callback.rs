//! The layer for Python: comparing is detached, and only what is in doubt goes back to Python.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::PyBool;

use crate::names::Names;

// region: find
/// Find names that mean the same.
///
/// Each name is compared with each other one by the groups of three letters that they share.
///
/// Args:
///     names: The names.
///     decide: Called with two names and their similarity, if that is at least `ask_from` and less than `sure_from`;
///         returns whether they mean the same.
///     ask_from: Names that are less similar, from 0 to 1, are different.
///     sure_from: Names that are as similar or more mean the same.
///
/// Returns:
///     The positions of pairs of names that mean the same, in order.
///
/// Raises:
///     TypeError: If `decide` returns what is not a `bool`.
///     ValueError: Unless `ask_from` is a number from 0 to `sure_from`.
///     KeyboardInterrupt: On Ctrl-C, once the current name has been compared with all others.
///     Exception: Whatever `decide` raises, unchanged.
#[pyfunction]
#[pyo3(signature = (names, decide, *, ask_from = 0.5, sure_from = 0.9))]
pub fn find_pairs(
    py: Python<'_>,
    names: Vec<PyBackedStr>,
    decide: &Bound<'_, PyAny>,
    ask_from: f64,
    sure_from: f64,
) -> PyResult<Vec<(usize, usize)>> {
    // Not `ask_from > sure_from`, which is false for NaN.
    if !(0.0..=sure_from).contains(&ask_from) {
        return Err(PyValueError::new_err(format!(
            "`ask_from` must be from 0 to `sure_from`, which is {sure_from}, not {ask_from}"
        )));
    }
    let compared = py.detach(|| Names::new(&names));
    let mut pairs = Vec::new();
    for (left, name) in names.iter().enumerate() {
        // One name with all others: long enough to be worth the way out and back, short enough for Ctrl-C.
        let similar = py.detach(|| compared.similar_to(left, ask_from));
        py.check_signals()?;
        for right in similar {
            let sure = right.similarity >= sure_from;
            if sure || ask(decide, name, &names[right.position], right.similarity)? {
                pairs.push((left, right.position));
            }
        }
    }
    Ok(pairs)
}
// endregion: find

// region: ask
/// Calls back. Names are given back as the objects that they came in as, and `?` passes an exception on.
fn ask(
    decide: &Bound<'_, PyAny>,
    left: &PyBackedStr,
    right: &PyBackedStr,
    similarity: f64,
) -> PyResult<bool> {
    let answer = decide.call1((left, right, similarity))?;
    // Not `is_truthy`: a forgotten `return` would be a silent no, and `__bool__` more Python code.
    match answer.cast::<PyBool>() {
        Ok(answer) => Ok(answer.is_true()),
        Err(_) => Err(PyTypeError::new_err(format!(
            "`decide` must return a bool, not `{}`",
            answer.get_type().name()?
        ))),
    }
}
// endregion: ask
